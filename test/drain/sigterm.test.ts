/** SIGTERM to the agent, wherever the drain is then. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serving } from '../../lib/drain/state.ts';
import { step } from '../../lib/drain/step.ts';
import { railsAndAuth } from './pods.ts';
import { gone, hook, left, only, type Scene, SIGTERM, T, tell } from './scenes.ts';

const ALL = [0, hook('rails'), hook('auth'), hook('podusher')] as const satisfies Scene;

/** When the agent leaves that gets SIGTERM, by where the drain is then. */
const SIGTERMS: readonly [where: string, leaves: string, ...scenes: Scene[]][] = [
  ['serving', '1000 exit', [0, SIGTERM]],
  ['settling its own restart', '1000 exit', [0, hook('podusher')], [500, SIGTERM]],
  ['serving after its own restart', '1500 exit', [0, hook('podusher')], [1500, SIGTERM]],
  ['settling others’ hooks', '30000 exit', [0, hook('rails'), hook('auth')], [300, SIGTERM]],
  [
    'settling a hook whose caller has gone',
    '500 exit',
    [0, hook('rails')],
    [200, left('rails')],
    [500, SIGTERM],
  ],
  ['a restart, its hook answered', '7000 exit', [0, hook('rails')], [6000, SIGTERM]],
  ['draining', '30000 exit', ALL, [3000, SIGTERM]],
  [
    'draining, all callers gone',
    '3000 exit',
    ALL,
    [2000, left('rails'), left('auth'), left('podusher')],
    [3000, SIGTERM],
  ],
  [
    'draining, and then all callers go',
    '4000 exit',
    ALL,
    [3000, SIGTERM],
    [4000, left('rails'), left('auth'), left('podusher')],
  ],
  ['stopping', '9100 exit', ALL, [5500, SIGTERM], [7000, gone('rails')], [9000, gone('rails', 'auth')]],
  ['stopped', '8000 exit', ALL, [5200, gone('rails', 'auth')], [8000, SIGTERM]],
  ['serving again after a false alarm', '46000 exit', ALL, [45_000, SIGTERM]],
];

for (const [where, leaves, ...scenes] of SIGTERMS) {
  test(`step() leaves at ${leaves} when SIGTERM comes while ${where}`, () => {
    const told = tell(railsAndAuth, scenes);
    assert.equal(told.lines.at(-1), leaves);
    assert.deepEqual(only(told, 'exit'), [leaves], 'once');
  });
}

test('step() answers a hook that comes after the agent was told to leave', () => {
  let { state } = step(serving(railsAndAuth), { type: 'sigterm', now: T });
  ({ state } = step(state, { type: 'tick', now: T + 1000 }));
  const late = step(state, { type: 'hook', container: 'rails', now: T + 1001 });
  assert.ok(late.effects.some(({ type }) => type === 'answer'));
});
