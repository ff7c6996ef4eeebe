import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serving } from '../../lib/drain/state.ts';
import { step } from '../../lib/drain/step.ts';
import { container, pod, railsAndAuth, sample } from './pods.ts';
import { gone, hook, only, requests, type Scene, sockets, T, tell } from './scenes.ts';

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
