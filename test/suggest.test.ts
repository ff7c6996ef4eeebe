import assert from 'node:assert/strict';
import { test } from 'node:test';
import { didYouMean, nearest } from '../lib/suggest.ts';

const KNOWN = ['drain-min', 'drain-max', 'grace-period', 'ports'];

const cases: readonly [text: string, near: string | undefined][] = [
  ['drain-mn', 'drain-min'],
  ['darin-min', 'drain-min'],
  ['drain-mix', 'drain-min'],
  ['drain_max', 'drain-max'],
  ['graceperiod', 'grace-period'],
  ['port', 'ports'],
  ['sport', undefined],
  ['po', undefined],
  ['pots-and-pans', undefined],
  ['', undefined],
  ['x'.repeat(100_000), undefined],
];

test('nearest() finds the word that was meant when there are at most two slips, and fewer in short words', () => {
  for (const [text, near] of cases) assert.equal(nearest(text, KNOWN), near, text.slice(0, 20));
});

test('didYouMean() adds nothing when no word is near', () => {
  assert.equal(didYouMean('drain-mn', KNOWN), ' (did you mean "drain-min"?)');
  assert.equal(didYouMean('else', KNOWN), '');
});
