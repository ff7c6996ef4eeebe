import assert from 'node:assert/strict';
import { test } from 'node:test';
import { container, pod, railsAndAuth } from './pods.ts';
import { hook, left, only, type Scene, SIGTERM, sockets, T, tell } from './scenes.ts';

const TERMINATIONS: readonly [what: string, scenes: readonly Scene[], line: string][] = [
  [
    'the own hook and another come together',
    [[0, hook('rails'), hook('podusher')]],
    '0 termination: own hook and another',
  ],
  [
    'the own hook comes last, within the second',
    [
      [0, hook('rails'), hook('auth')],
      [999, hook('podusher')],
    ],
    '999 termination: own hook and another',
  ],
  [
    'the own hook comes first',
    [
      [0, hook('podusher')],
      [300, hook('rails')],
    ],
    '300 termination: own hook and another',
  ],
  [
    'the other hook is a bare one',
    [[0, hook(null), hook('podusher')]],
    '0 termination: own hook and another',
  ],
  [
    'the other hook is of a container that no setting names',
    [[0, hook('new'), hook('podusher')]],
    '0 termination: own hook and another',
  ],
  [
    'SIGTERM comes while a hook waits',
    [
      [0, hook('rails')],
      [400, SIGTERM],
    ],
    '400 termination: SIGTERM',
  ],
  [
    'a hook comes within the second after SIGTERM',
    [
      [0, SIGTERM],
      [900, hook('rails')],
    ],
    '900 termination: SIGTERM',
  ],
];

for (const [what, scenes, line] of TERMINATIONS) {
  test(`settle() finds a termination at once when ${what}`, () => {
    const told = tell(railsAndAuth, scenes, 1500);
    assert.deepEqual(only(told, 'termination', 'restart', 'agent-restart'), [line]);
    assert.equal(told.state.phase, 'draining');
  });
}

const OTHERS: readonly [what: string, scenes: readonly Scene[], lines: readonly string[]][] = [
  ['one other hook came', [[0, hook('rails')]], ['1000 restart rails']],
  [
    'two other hooks came',
    [
      [0, hook('rails')],
      [700, hook('auth')],
    ],
    ['1000 restart rails', '1000 restart auth'],
  ],
  ['a bare hook came', [[0, hook(null)]], ['1000 restart (bare)']],
  [
    'its caller has gone meanwhile',
    [
      [0, hook('rails')],
      [10, left('rails')],
    ],
    ['1000 restart rails'],
  ],
];

for (const [what, scenes, lines] of OTHERS) {
  test(`settle() takes it for a restart after a second when ${what}`, () => {
    const told = tell(railsAndAuth, scenes, 1500);
    assert.deepEqual(only(told, 'termination', 'restart', 'agent-restart', 'act'), lines);
    assert.deepEqual(told.phases, ['0 settling', '1000 draining']);
    assert.deepEqual(told.answers, []);
  });
}

test('settle() answers the own hook after a second and drains nothing when it came alone', () => {
  const told = tell(railsAndAuth, [[0, hook('podusher')]]);
  assert.deepEqual(told.lines, [
    '0 hook podusher',
    '1000 agent-restart',
    '1000 answer podusher: agent restarts',
  ]);
  assert.deepEqual(told.phases, ['0 settling', '1000 serving']);
  assert.equal(told.wakeAt, undefined);
});

test('settle() leaves at the SIGTERM that follows an agent restart', () => {
  const told = tell(railsAndAuth, [
    [0, hook('podusher')],
    [1020, SIGTERM],
  ]);
  assert.deepEqual(told.lines.slice(-2), ['1020 sigterm', '1020 exit']);
});

test('settle() answers the own hook and leaves when SIGTERM came within the same second', () => {
  const told = tell(railsAndAuth, [
    [0, hook('podusher')],
    [500, SIGTERM],
  ]);
  assert.deepEqual(told.lines.slice(-3), [
    '1000 agent-restart',
    '1000 answer podusher: agent restarts',
    '1000 exit',
  ]);
});

test('settle() leaves a second after SIGTERM when no hook came', () => {
  const told = tell(railsAndAuth, [[0, SIGTERM]]);
  assert.deepEqual(told.lines, ['0 sigterm', '1000 exit']);
});

test('settle() starts anew when hooks come after an agent restart that was none', () => {
  const told = tell(
    railsAndAuth,
    [
      [0, hook('podusher')],
      [3000, hook('rails'), hook('podusher')],
    ],
    3500,
  );
  assert.deepEqual(told.lines.slice(-2), ['3000 termination: own hook and another', '3000 act']);
});

test('settle() knows the agent by the name that is set', () => {
  const told = tell(pod([container('rails')], { self: 'usher' }), [[0, hook('rails'), hook('usher')]], 0);
  assert.deepEqual(only(told, 'termination'), ['0 termination: own hook and another']);
});

test('terminate() counts the grace period from the first of the hooks that came together', () => {
  const told = tell(
    railsAndAuth,
    [
      [0, hook('rails')],
      [800, hook('podusher')],
    ],
    2000,
  );
  assert.equal(told.state.phase === 'serving' ? undefined : told.state.since, T);
});

test('terminate() runs the drain actions once, and a restart runs none', () => {
  const termination = tell(railsAndAuth, [
    [0, hook('rails'), hook('auth'), hook('podusher')],
    [2000, SIGTERM],
    [3000, hook('rails'), sockets({ arrivals: 'arriving' })],
  ]);
  assert.deepEqual(only(termination, 'act'), ['0 act']);
  assert.deepEqual(only(tell(railsAndAuth, [[0, hook('rails')]]), 'act'), []);
});

test('terminate() counts the grace period from SIGTERM when that came first', () => {
  const told = tell(railsAndAuth, [
    [0, SIGTERM],
    [900, hook('rails'), hook('auth')],
  ]);
  assert.equal(told.lines.at(-1), '30000 exit');
});

test('step() settles on SIGTERM when the own hook was answered more than a grace period ago', () => {
  const told = tell(railsAndAuth, [
    [0, hook('podusher')],
    [40_000, SIGTERM],
  ]);
  assert.equal(told.lines.at(-1), '41000 exit');
});
