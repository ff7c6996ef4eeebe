import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsed, unparsed } from '../../lib/parsed.ts';
import { insert } from './insert.ts';

const table = { file: 'README.md', marker: 'settings', text: '| $& |\n' };

test('insert() puts the text between its markers, and changes nothing when it is there', () => {
  const after = 'A\n<!-- settings:begin -->\n\n| $& |\n\n<!-- settings:end -->\nB\n';
  assert.deepEqual(
    insert(table, 'A\n<!-- settings:begin -->\nold\n<!-- settings:end -->\nB\n'),
    parsed(after),
  );
  assert.deepEqual(insert(table, after), parsed(after));
});

test('insert() is the whole file when there is no marker', () => {
  assert.deepEqual(insert({ file: 'a.json', marker: undefined, text: '{}\n' }, 'old'), parsed('{}\n'));
});

test('insert() says what is missing when the text has no place', () => {
  assert.deepEqual(insert(table, undefined), unparsed('README.md is missing'));
  const problem =
    'README.md needs <!-- settings:begin --> and <!-- settings:end -->, once each and in this order';
  for (const before of ['', '<!-- settings:begin -->', '<!-- settings:end --> <!-- settings:begin -->']) {
    assert.deepEqual(insert(table, before), unparsed(problem), before);
  }
  const twice = '<!-- settings:begin --><!-- settings:end -->'.repeat(2);
  assert.deepEqual(insert(table, twice), unparsed(problem));
});
