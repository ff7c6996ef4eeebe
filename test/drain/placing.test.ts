import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { MOST_UNNAMED, type Placed, placeHook } from '../../lib/drain/placing.ts';
import type { Settings } from '../../lib/settings/settings.ts';
import { railsAndAuth } from './pods.ts';

/** podusher.dev/containers was given, or not. */
const complete = railsAndAuth;
const open = { ...railsAndAuth, complete: false };
const full = new Set(Array.from({ length: MOST_UNNAMED }, (_, index) => `new-${index}`));
const NONE: ReadonlySet<string> = new Set();

/** Places the hook of a container, or a bare one for null. */
function place(settings: Settings, container: string | null, hooked: ReadonlySet<string>): Placed {
  return placeHook(settings, new URLSearchParams(container === null ? {} : { container }), hooked);
}

for (const container of ['rails', 'auth', 'podusher', null]) {
  test(`placeHook() places ${container ?? 'a bare hook'} when the list of containers is complete or not`, () => {
    assert.deepEqual(place(complete, container, full), { ok: true, container });
    assert.deepEqual(place(open, container, full), { ok: true, container });
  });
}

test('placeHook() refuses an unknown name, and tells the known ones, when the list is complete', () => {
  assert.deepEqual(place(complete, 'rail', NONE), {
    ok: false,
    reason: 'No container of that name; accepted: podusher, rails, auth',
  });
});

test('placeHook() refuses an unknown parameter in the place of the name, and tells what was meant', () => {
  for (const [query, placed] of [
    [
      'containre=rails',
      {
        ok: false,
        reason: 'Unknown parameter "containre" (did you mean "container"?); accepted: container=NAME',
      },
    ],
    ['name=rails&x', { ok: false, reason: 'Unknown parameter "name"; accepted: container=NAME' }],
    ['x=1&container=rails', { ok: true, container: 'rails' }],
  ] as const) {
    assert.deepEqual(placeHook(complete, new URLSearchParams(query), NONE), placed);
  }
});

test('placeHook() takes names that no setting has, up to 16, when the list is not complete', () => {
  assert.deepEqual(place(open, 'web', NONE), { ok: true, container: 'web' });
  assert.deepEqual(place(open, 'new-3', full), { ok: true, container: 'new-3' });
  assert.deepEqual(place(open, 'web', full), {
    ok: false,
    reason: 'Too many unnamed containers; accepted: podusher, rails, auth',
  });
});

for (const name of ['', 'Rails', '-a', 'a-', 'a.b', 'a/b', 'a\n', 'ä', 'a'.repeat(64)]) {
  test(`placeHook() refuses ${JSON.stringify(name)}, which is no container's name`, () => {
    assert.deepEqual(place(open, name, NONE), { ok: false, reason: 'Not a container name' });
  });
}

test('placeHook() never places more than 16 names that no setting has, whatever callers send', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '-', 'Z'), maxLength: 4 }), { maxLength: 60 }),
      names => {
        const unnamed = new Set<string>();
        for (const name of names) {
          const placed = place(open, name, unnamed);
          if (placed.ok) unnamed.add(name);
        }
        assert.ok(unnamed.size <= MOST_UNNAMED);
      },
    ),
  );
});
