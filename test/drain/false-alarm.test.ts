/** Hooks of a pod that lives on after its grace period: nothing was terminated. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { step } from '../../lib/drain/step.ts';
import type { Settings } from '../../lib/settings/settings.ts';
import { railsAndAuth } from './pods.ts';
import { gone, hook, left, type Scene, T, tell } from './scenes.ts';

const ALL = [0, hook('rails'), hook('auth'), hook('podusher')] as const satisfies Scene;

const ALARMS: readonly [how: string, over: Partial<Settings>, ...scenes: Scene[]][] = [
  ['rails and auth live on', {}, ALL],
  ['everybody restarted', {}, ALL, [5200, gone('rails', 'auth')], [6000, gone()]],
  ['the drain lasted to the end of the grace period', { drainMinMs: 30_000 }, ALL],
  ['all callers have gone', {}, ALL, [100, left('rails'), left('auth'), left('podusher')]],
];

for (const [how, over, ...scenes] of ALARMS) {
  test(`step() heals a false alarm 10 s after the grace period when ${how}`, () => {
    const told = tell({ ...railsAndAuth, ...over }, scenes);
    assert.equal(told.lines.at(-1), '40000 healed');
    assert.equal(told.phases.at(-1), '40000 serving');
    assert.equal(told.wakeAt, undefined);
    const answered = new Set(told.answers.map(line => line.split(/[ :]+/)[1]));
    assert.deepEqual(answered, new Set(['auth', 'podusher', 'rails']));
  });
}

test('step() answers whoever waits when the agent was suspended until nothing can have been terminated', () => {
  const { state } = tell(railsAndAuth, [[0, hook('rails'), hook('podusher')]], 1000);
  const { state: next, effects } = step(state, { type: 'tick', now: T + 90_000 });
  assert.equal(next.phase, 'serving');
  assert.deepEqual(
    effects.filter(({ type }) => type === 'answer'),
    ['rails', 'podusher'].map(name => ({ type: 'answer', container: name, because: 'false alarm' })),
  );
});

test('step() drains anew when hooks come after a false alarm', () => {
  const told = tell(
    railsAndAuth,
    [ALL, [50_000, hook('rails'), hook('auth'), hook('podusher'), gone('auth')]],
    56_000,
  );
  assert.deepEqual(told.answers.slice(3), ['55000 rails: dependency gone']);
});
