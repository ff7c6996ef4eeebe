/** Who calls a hook may leave, or call again: a kubelet that was restarted does both. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { railsAndAuth } from './pods.ts';
import { gone, hook, left, only, type Scene, tell } from './scenes.ts';

const ALL = [0, hook('rails'), hook('auth'), hook('podusher')] as const satisfies Scene;

test('step() goes on with the same drain when the kubelet was restarted in mid-hook', () => {
  const told = tell(railsAndAuth, [
    ALL,
    [2000, left('rails'), left('auth'), left('podusher')],
    [3000, hook('rails'), hook('auth'), hook('podusher')],
    [5200, gone('rails')],
    [6000, gone('rails', 'auth')],
  ]);
  assert.deepEqual(only(told, 'hook', 'hook-left', 'termination').slice(3), [
    '0 termination: own hook and another',
    '2000 hook-left rails',
    '2000 hook-left auth',
    '2000 hook-left podusher',
  ]);
  assert.deepEqual(told.answers, [
    '5000 rails: drain over',
    '5300 auth: dependents stopped',
    '6100 podusher: all others stopped',
  ]);
});

test('step() answers as it stands when the kubelet was restarted after a release', () => {
  const told = tell(railsAndAuth, [ALL, [6000, hook('rails'), hook('auth')], [7000, gone('rails')]], 8000);
  assert.deepEqual(told.answers, [
    '5000 rails: drain over',
    '6000 rails: drain over',
    '7100 auth: dependents stopped',
  ]);
});

test('step() goes on when a single of two callers leaves, and says so only of the last', () => {
  const told = tell(
    railsAndAuth,
    [ALL, [1000, hook('rails')], [2000, left('rails')], [3000, left('rails')]],
    6000,
  );
  assert.deepEqual(only(told, 'hook', 'hook-left'), [
    '0 hook rails',
    '0 hook auth',
    '0 hook podusher',
    '3000 hook-left rails',
  ]);
  assert.deepEqual(told.answers, ['5000 rails: drain over']);
});

test('step() tells once that a single caller left, who cannot leave twice', () => {
  const told = tell(
    railsAndAuth,
    [
      [0, hook('rails')],
      [100, left('rails')],
      [200, left('rails')],
    ],
    500,
  );
  assert.equal(only(told, 'hook-left').length, 1);
});

test('step() tells once that callers left, however often they come and go', () => {
  const visits = Array.from({ length: 20 }, (_, index): Scene => [100 + index, hook('rails'), left('rails')]);
  assert.equal(only(tell(railsAndAuth, visits, 900), 'hook-left').length, 1);
});
