import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { MOST_UNNAMED, placeHook } from '../../lib/drain/placing.ts';
import { railsAndAuth } from './pods.ts';

/** podusher.dev/containers was given, or not. */
const complete = railsAndAuth;
const open = { ...railsAndAuth, complete: false };
const full = new Set(Array.from({ length: MOST_UNNAMED }, (_, index) => `new-${index}`));
const NONE: ReadonlySet<string> = new Set();

for (const container of ['rails', 'auth', 'podusher', null]) {
  test(`placeHook() places ${container ?? 'a bare hook'} when the list of containers is complete or not`, () => {
    assert.deepEqual(placeHook(complete, container, full), { ok: true, container });
    assert.deepEqual(placeHook(open, container, full), { ok: true, container });
  });
}

test('placeHook() refuses an unknown name, and tells the known ones, when the list is complete', () => {
  assert.deepEqual(placeHook(complete, 'rail', NONE), {
    ok: false,
    reason: 'No container of that name; accepted: podusher, rails, auth',
  });
});

test('placeHook() takes names that no setting has, up to 16, when the list is not complete', () => {
  assert.deepEqual(placeHook(open, 'web', NONE), { ok: true, container: 'web' });
  assert.deepEqual(placeHook(open, 'new-3', full), { ok: true, container: 'new-3' });
  assert.deepEqual(placeHook(open, 'web', full), {
    ok: false,
    reason: 'Too many unnamed containers; accepted: podusher, rails, auth',
  });
});

for (const name of ['', 'Rails', '-a', 'a-', 'a.b', 'a/b', 'a\n', 'ä', 'a'.repeat(64)]) {
  test(`placeHook() refuses ${JSON.stringify(name)}, which is no container's name`, () => {
    assert.deepEqual(placeHook(open, name, NONE), { ok: false, reason: 'Not a container name' });
  });
}

test('placeHook() never places more than 16 names that no setting has, whatever callers send', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '-', 'Z'), maxLength: 4 }), { maxLength: 60 }),
      names => {
        const unnamed = new Set<string>();
        for (const name of names) {
          const placed = placeHook(open, name, unnamed);
          if (placed.ok) unnamed.add(name);
        }
        assert.ok(unnamed.size <= MOST_UNNAMED);
      },
    ),
  );
});
