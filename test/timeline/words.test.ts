import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { count, list, offset, oneLine, spell, thousands } from '../../lib/timeline/words.ts';
import { anyText } from './outside.ts';

test('spell() says a duration in its two largest units when it is rounded', () => {
  const cases: [number, string][] = [
    [-5, '0 s'],
    [0, '0 s'],
    [Number.NaN, '0 s'],
    [0.6, '1 ms'],
    [850, '850 ms'],
    [999.6, '1 s'],
    [2140, '2.1 s'],
    [5000, '5 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min'],
    [125_000, '2 min 5 s'],
    [3_599_600, '1 h'],
    [11_520_000, '3 h 12 min'],
    [86_399_000, '1 d'],
    [356_400_000, '4 d 3 h'],
  ];
  for (const [ms, words] of cases) assert.equal(spell(ms), words, String(ms));
});

test('offset() keeps the sign and two decimals, and has no negative zero', () => {
  assert.equal(offset(5123), '+5.12 s');
  assert.equal(offset(-300), '-0.30 s');
  assert.equal(offset(-4), '+0.00 s');
  assert.equal(offset(3_725_100), '+3725.10 s');
});

test('count(), thousands() and list() read as a sentence', () => {
  assert.equal(count(1, 'request'), '1 request');
  assert.equal(count(0, 'request'), '0 requests');
  assert.equal(count(12_400, 'request'), '12,400 requests');
  assert.equal(thousands(1_234_567), '1,234,567');
  assert.equal(thousands(999), '999');
  assert.equal(list([]), '');
  assert.equal(list(['rails']), 'rails');
  assert.equal(list(['rails', 'auth', 'web']), 'rails, auth and web');
});

test('oneLine() leaves neither line breaks, controls nor reading directions', () => {
  assert.equal(oneLine('a\r\n\tb\u001B[31mc\u202Ed\u2028e'), 'a b [31mc d e');
  assert.equal(oneLine('  x  '), 'x');
  fc.assert(
    fc.property(anyText, text => {
      assert.doesNotMatch(oneLine(text), /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    }),
  );
});

test('oneLine() cuts at characters, not in the middle of one, when the text is too long', () => {
  assert.equal(oneLine('😀😀😀😀', 3), '😀😀…');
  assert.equal(oneLine('abc', 3), 'abc');
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 20 }), (text, max) => {
      assert.ok(Array.from(oneLine(text, max)).length <= max);
    }),
  );
});
