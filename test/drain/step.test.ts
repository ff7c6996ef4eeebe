import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serving } from '../../lib/drain/state.ts';
import { step } from '../../lib/drain/step.ts';
import type { Settings } from '../../lib/settings/settings.ts';
import { container, pod, railsAndAuth, sample } from './pods.ts';
import { gone, hook, left, only, requests, type Scene, SIGTERM, sockets, T, tell } from './story.ts';

const ALL = [0, hook('rails'), hook('auth'), hook('podusher')] as const satisfies Scene;
const BUSY = sockets({ inFlight: requests(1, 0) });

test('step() asks for nothing and does nothing when no drain goes on', () => {
  const state = serving(railsAndAuth);
  for (const event of [
    { type: 'tick' },
    { type: 'sample', sample: sample() },
    { type: 'hook-left', container: 'rails' },
  ] as const) {
    assert.deepEqual(step(state, { ...event, now: 5 }), { state, effects: [], wakeAt: undefined });
  }
});

/** When the machine asks to be woken, with no reading of the sockets ahead. */
const WAKES: readonly [where: string, wakeAt: number | undefined, atMs: number, ...scenes: Scene[]][] = [
  ['serving', undefined, 0],
  ['settling', 1000, 400, [0, hook('rails')]],
  ['a restart', 5000, 1500, [0, hook('rails')]],
  ['a restart, its hook answered', 10_000, 6000, [0, hook('rails')]],
  ['draining, before drain-min', 5000, 0, ALL],
  ['draining, while connections arrive', 20_000, 6000, [0, sockets({ arrivals: 'arriving' })], ALL],
  ['draining, while a request is in flight', 25_000, 6000, [0, BUSY], ALL],
  [
    'draining, while a kept connection goes on',
    10_000,
    6000,
    [0, BUSY],
    ALL,
    [5500, sockets({ inFlight: requests(1, 5500) })],
  ],
  ['stopping', 30_000, 6000, ALL],
  ['stopped', 40_000, 6000, ALL, [5200, gone('rails', 'auth')]],
];

for (const [where, wakeAt, atMs, ...scenes] of WAKES) {
  test(`step() asks to be woken at ${wakeAt} when it is ${where}`, () => {
    assert.equal(tell(railsAndAuth, scenes, atMs).wakeAt, wakeAt);
  });
}

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

test('step() lets a hook join a termination that goes on', () => {
  const scenes: Scene[] = [
    [0, hook('rails'), hook('podusher')],
    [4000, hook('auth')],
    [6000, gone('rails')],
  ];
  const told = tell(railsAndAuth, scenes, 7000);
  assert.deepEqual(told.answers, ['5000 rails: drain over', '6100 auth: dependents stopped']);
  assert.deepEqual(only(told, 'termination'), ['0 termination: own hook and another']);
});

for (const name of ['rails', 'web', 'new', null]) {
  test(`step() answers the hook of ${name ?? 'nobody by name'} at once when it comes after all is over`, () => {
    const settings = pod([container('rails'), container('web')]);
    const told = tell(
      settings,
      [
        [0, hook('rails'), hook('podusher')],
        [5200, gone('rails', 'web')],
        [9000, hook(name)],
      ],
      9500,
    );
    assert.deepEqual(told.answers.slice(0, 2), [
      '5000 rails: drain over',
      '5300 podusher: all others stopped',
    ]);
    assert.deepEqual(told.answers.slice(2), [`9000 ${name ?? '(bare)'}: drain over`]);
  });
}

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

test('step() keeps the settings of the first hook till the end, when they are edited in a drain', () => {
  const edited = { ...railsAndAuth, drainMinMs: 20_000, restartDrainMaxMs: 9000 };
  const edit = { type: 'settings', settings: edited } as const;
  const termination = tell(railsAndAuth, [ALL, [1000, edit]], 50_000);
  assert.equal(termination.answers[0], '5000 rails: drain over');
  assert.equal(termination.state.settings, edited, 'in effect after the false alarm');

  const restart = tell(
    railsAndAuth,
    [
      [0, hook('rails')],
      [500, edit],
      [20_000, hook('rails')],
    ],
    40_000,
  );
  assert.deepEqual(restart.answers, ['5000 rails: restart drained', '29000 rails: restart drained']);

  const ownRestart = tell(
    railsAndAuth,
    [
      [0, hook('podusher')],
      [500, edit],
    ],
    2000,
  );
  assert.equal(ownRestart.state.settings, edited);
  assert.equal(tell(railsAndAuth, [[0, edit]], 0).state.settings, edited, 'at once while serving');
});

test('step() tells of each first answer that the container was released, and why', () => {
  const told = tell(railsAndAuth, [ALL, [0, BUSY], [26_000, hook('rails')]]);
  const released = told.entries.flatMap(entry =>
    entry.type === 'released' ? [`${entry.at - T} ${entry.container}: ${entry.because}`] : [],
  );
  assert.deepEqual(released, [
    '25000 rails: its time is up',
    '30000 auth: its time is up',
    '30000 podusher: its time is up',
  ]);
  assert.equal(told.answers.length, 4, 'the kubelet that asks again is answered as it stands');
});

test('step() answers a hook that comes after the agent was told to leave', () => {
  let { state } = step(serving(railsAndAuth), { type: 'sigterm', now: T });
  ({ state } = step(state, { type: 'tick', now: T + 1000 }));
  const late = step(state, { type: 'hook', container: 'rails', now: T + 1001 });
  assert.ok(late.effects.some(({ type }) => type === 'answer'));
});

test('hook-left is told once', () => {
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
