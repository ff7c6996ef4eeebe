import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Places } from '../../lib/publisher/places.ts';

/** Takes places as long as there are any. @returns what gives them back. */
function takeAll(places: Places, namespace: string): (() => void)[] {
  const given: (() => void)[] = [];
  for (let index = 0; places.mayTake(`${namespace}/${index}`); index++)
    given.push(places.take(`${namespace}/${index}`));
  return given;
}

test('Places gives a namespace three quarters, and another the rest', () => {
  const places = new Places(new Set());
  const given = takeAll(places, 'shop');
  assert.equal(given.length, 12);
  assert.equal(takeAll(places, 'other').length, 4);
  assert.ok(!places.mayTake('third/0'));
  given.pop()?.();
  assert.ok(places.mayTake('third/0'));
});

test('Places gives Services that hang a quarter, in whatever namespace', () => {
  const hanging = new Set(Array.from({ length: 20 }, (_, index) => `shop/${index}`).concat('other/0'));
  const places = new Places(hanging);
  const given = takeAll(places, 'shop');
  assert.equal(given.length, 4);
  assert.ok(!places.mayTake('other/0'));
  assert.equal(takeAll(places, 'third').length, 12);
  given.pop()?.();
  assert.ok(places.mayTake('other/0'));
});

test('Places counts a Service as it was when it took its place', () => {
  const hanging = new Set(['a/0', 'b/0', 'c/0', 'd/0']);
  const places = new Places(hanging);
  const given = [...hanging].map(key => places.take(key));
  const later = places.take('e/0');
  hanging.delete('a/0');
  for (const key of ['e/0', 'f/0']) hanging.add(key);
  later();
  assert.ok(!places.mayTake('f/0'));
  given[0]?.();
  assert.ok(places.mayTake('f/0'));
});
