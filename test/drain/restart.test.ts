import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Settings } from '../../lib/settings/settings.ts';
import { container, NOTHING, pod, railsAndAuth } from './pods.ts';
import {
  gone,
  hook,
  left,
  only,
  read,
  requests,
  type Scene,
  SIGTERM,
  sockets,
  tell,
  UNREAD,
} from './scenes.ts';

/** drain-min 2s, restart-drain-max 5s; both have 5 s to stop. */
const settings = pod([container('rails'), container('web', { ports: [4000] })], { drainMinMs: 2000 });

/** When one restarting container's hook is answered, and why. */
const ANSWERS: readonly [
  when: string,
  answers: readonly string[],
  over: Partial<Settings>,
  ...scenes: Scene[],
][] = [
  ['nothing is in flight', ['2000 rails: restart drained'], {}],
  [
    'its own requests end at 3 s',
    ['3000 rails: restart drained'],
    {},
    [0, sockets(read({ rails: requests(1, 0) }))],
    [3000, sockets(read({ rails: NOTHING }))],
  ],
  [
    'its own requests never end',
    ['5000 rails: restart-drain-max'],
    {},
    [0, sockets(read({ rails: requests(1, 0) }))],
  ],
  [
    'its own requests never end, and restart-drain-max is longer than the grace period',
    ['4000 rails: restart-drain-max'],
    { gracePeriodMs: 4000, restartDrainMaxMs: 60_000 },
    [0, sockets(read({ rails: requests(1, 0) }))],
  ],
  [
    'only others have requests in flight and new connections',
    ['2000 rails: restart drained'],
    {},
    [
      0,
      sockets({
        ...read({ rails: NOTHING, web: requests(9, 0) }),
        inFlight: requests(9, 0),
        arrivals: 'arriving',
      }),
    ],
  ],
  [
    'its own cannot be told from the pod’s, and the pod has requests in flight',
    ['5000 rails: restart-drain-max'],
    {},
    [0, sockets({ ...read({ web: NOTHING }), inFlight: requests(1, 0) })],
  ],
  [
    'what is in flight in it cannot be read: unknown is not zero',
    ['5000 rails: restart-drain-max'],
    {},
    [0, sockets(read({ rails: { ...NOTHING, unknown: 'HTTP 500' } }))],
  ],
  ['no reading ever comes', ['5000 rails: restart-drain-max'], {}, [0, UNREAD]],
  [
    'drain-min is longer than restart-drain-max',
    ['3000 rails: restart drained'],
    {
      drainMinMs: 60_000,
      restartDrainMaxMs: 3000,
    },
  ],
  ['drain-min is 0s: it was settled for a second', ['1000 rails: restart drained'], { drainMinMs: 0 }],
  [
    'restart-drain-max is 0s: it was settled for a second',
    ['1000 rails: restart drained'],
    {
      restartDrainMaxMs: 0,
    },
  ],
  ['its caller has gone', ['2000 rails: restart drained'], {}, [500, left('rails')]],
];

for (const [when, answers, over, ...scenes] of ANSWERS) {
  test(`restart() answers at ${answers[0]} when ${when}`, () => {
    const told = tell({ ...settings, ...over }, [[0, hook('rails')], ...scenes]);
    assert.deepEqual(told.answers, answers);
  });
}

test('restart() is over, and the container’s readiness starts anew, when the container was seen to stop', () => {
  const told = tell(settings, [
    [0, hook('rails')],
    [2450, gone('rails')],
    [2700, gone()],
  ]);
  assert.deepEqual(told.lines, [
    '0 hook rails',
    '1000 restart rails',
    '2000 answer rails: restart drained',
    '2600 stopped rails: seen',
    '2600 reset rails',
  ]);
  assert.deepEqual(told.phases, ['0 settling', '1000 draining', '2600 serving']);
  assert.equal(told.wakeAt, undefined);
});

test('restart() is over after the stop-timeout when nothing showed the container to stop', () => {
  const told = tell(settings, [[0, hook('rails')]]);
  assert.deepEqual(only(told, 'stopped', 'reset'), ['7000 stopped rails: time']);
  assert.equal(told.phases.at(-1), '7000 serving');
});

test('restart() ends a bare hook’s after the default stop-timeout, by the whole pod’s requests', () => {
  const told = tell(settings, [
    [0, hook(null), sockets({ inFlight: requests(1, 0) })],
    [3000, sockets({ inFlight: NOTHING })],
  ]);
  assert.deepEqual(told.lines, [
    '0 hook (bare)',
    '1000 restart (bare)',
    '3000 answer (bare): restart drained',
  ]);
  assert.equal(told.phases.at(-1), '8000 serving');
});

test('restart() drains each of several by itself when a second joins', () => {
  const told = tell(settings, [
    [0, hook('rails'), sockets(read({ rails: requests(1, 0), web: NOTHING }))],
    [2500, hook('web')],
  ]);
  assert.deepEqual(told.answers, ['4500 web: restart drained', '5000 rails: restart-drain-max']);
  assert.deepEqual(only(told, 'stopped'), ['9500 stopped web: time', '10000 stopped rails: time']);
  assert.equal(told.phases.at(-1), '10000 serving');
});

test('restart() drains a container again when its hook comes again after it was answered', () => {
  const told = tell(settings, [
    [0, hook('rails')],
    [3000, hook('rails')],
  ]);
  assert.deepEqual(told.answers, ['2000 rails: restart drained', '5000 rails: restart drained']);
});

test('restart() becomes a termination when the own hook comes, and the grace period counts from then', () => {
  const told = tell(
    settings,
    [
      [0, hook('rails'), sockets({ ...read({ rails: requests(1, 0) }), inFlight: requests(1, 0) })],
      [4000, hook('podusher'), hook('web')],
    ],
    34_000,
  );
  assert.deepEqual(only(told, 'restart', 'termination', 'act'), [
    '1000 restart rails',
    '4000 termination: own hook and another',
    '4000 act',
  ]);
  assert.deepEqual(told.answers, [
    '29000 rails: its time is up',
    '29000 web: its time is up',
    '34000 podusher: its time is up',
  ]);
});

test('restart() becomes a termination when SIGTERM comes while the hook waits', () => {
  const told = tell(settings, [
    [0, hook('rails')],
    [1500, SIGTERM],
  ]);
  assert.deepEqual(only(told, 'termination'), ['1500 termination: SIGTERM']);
  assert.deepEqual(told.answers, ['3500 rails: drain over']);
  assert.equal(told.lines.at(-1), '3500 exit');
});

test('restart() becomes a termination in which a container released before is still waited for', () => {
  const scenes: Scene[] = [
    [0, hook('rails')],
    [3000, hook('web'), hook('podusher')],
    [6000, gone('web')],
  ];
  const told = tell(settings, scenes, 30_000);
  assert.deepEqual(told.answers, ['2000 rails: restart drained', '5000 web: drain over']);
  const after = tell(settings, [...scenes, [8000, gone('web', 'rails')]], 30_000);
  assert.equal(after.answers.at(-1), '8100 podusher: all others stopped');
});

test('restart() answers the own hook after a second when it comes after all others were released', () => {
  const told = tell(settings, [
    [0, hook('rails')],
    [3000, hook('podusher')],
    [4020, SIGTERM],
  ]);
  assert.deepEqual(told.answers, ['2000 rails: restart drained', '4000 podusher: agent restarts']);
  assert.deepEqual(only(told, 'termination'), []);
  assert.equal(told.lines.at(-1), '4020 exit');
});

test('restart() remembers that the own hook was answered when the others are over later', () => {
  const slow = pod([container('rails', { stopTimeoutMs: 20_000 })], { drainMinMs: 2000 });
  const told = tell(slow, [
    [0, hook('rails')],
    [3000, hook('podusher')],
    [30_000, SIGTERM],
  ]);
  assert.deepEqual(told.lines.slice(-4), [
    '4000 answer podusher: agent restarts',
    '22000 stopped rails: time',
    '30000 sigterm',
    '30000 exit',
  ]);
  assert.equal(told.phases.at(-1), '22000 serving');
});

test('restart() waits for a reading after the release when the container was gone before', () => {
  const told = tell(settings, [[0, hook('rails'), gone('rails')]], 5000);
  assert.deepEqual(told.answers, ['2000 rails: restart drained']);
  assert.deepEqual(only(told, 'stopped', 'reset'), ['2100 stopped rails: seen', '2100 reset rails']);
});

test('restart() leaves a second after SIGTERM when no hook waits', () => {
  const told = tell(settings, [
    [0, hook('rails')],
    [3000, SIGTERM],
  ]);
  assert.equal(told.lines.at(-1), '4000 exit');
});

test('restart() leaves a second after SIGTERM even when the last restart is over before', () => {
  const told = tell(railsAndAuth, [
    [0, hook('rails')],
    [9500, SIGTERM],
  ]);
  assert.equal(told.lines.at(-1), '10500 exit');
});

test('restart() answers the own hook before it leaves when that comes within the second after SIGTERM', () => {
  const told = tell(railsAndAuth, [
    [0, hook('rails')],
    [7000, SIGTERM],
    [7500, hook('podusher')],
  ]);
  assert.deepEqual(told.answers.at(-1)?.split(' ')[1], 'podusher:');
});
