/** What the API tells, and what the drain makes of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Settings } from '../../lib/settings/settings.ts';
import { container, NOTHING, pod, railsAndAuth } from './pods.ts';
import {
  type Happening,
  hook,
  only,
  requests,
  type Scene,
  SIGTERM,
  sockets,
  T,
  tell,
  UNREAD,
} from './scenes.ts';

const deletion = (graceMs: number): Happening => ({ type: 'deletion', graceMs });
const WITHDRAWN: Happening = { type: 'withdrawal', withdrawn: true };
const HELD: Happening = { type: 'withdrawal', withdrawn: false };
const ARRIVING = sockets({ arrivals: 'arriving' });
const SILENT = sockets({ arrivals: 'silent' });
const IDLE = sockets({ inFlight: NOTHING });

const rails = pod([container('rails')]);

/** Hooks and deletions, and what the machine takes them for. */
const KINDS: readonly [title: string, lines: readonly string[], ...Scene[]][] = [
  [
    'a single hook after the deletion is a termination at once',
    ['800 termination: deletionTimestamp'],
    [0, deletion(30_000)],
    [800, hook('rails')],
  ],
  [
    'a single hook less than a second before the deletion was told is a termination',
    ['400 termination: deletionTimestamp'],
    [0, hook('rails')],
    [400, deletion(30_000)],
  ],
  [
    "the agent's own hook alone after the deletion is a termination",
    ['10 termination: deletionTimestamp'],
    [0, deletion(30_000)],
    [10, hook('podusher')],
  ],
  [
    "a hook that waited for longer than a second was a restart's, and the next one is the deletion's",
    ['1000 restart rails', '5200 termination: deletionTimestamp'],
    [0, hook('rails'), sockets({ inFlight: requests(1, 0) })],
    [3000, deletion(30_000)],
    [5200, hook('rails')],
  ],
  ['a deletion alone begins nothing', [], [0, deletion(30_000)]],
  [
    'a deletion proves nothing of an agent that gets SIGTERM and has no hooks to answer',
    ['1000 exit'],
    [0, deletion(30_000), SIGTERM],
  ],
  [
    'a pod that outlived its deletion is still being deleted when its hooks come again',
    ['10 termination: deletionTimestamp', '45000 termination: deletionTimestamp'],
    [0, deletion(30_000)],
    [10, hook('rails')],
    [45_000, hook('rails')],
  ],
];

for (const [title, lines, ...scenes] of KINDS) {
  test(`step() knows that ${title}`, () => {
    const told = tell(rails, scenes);
    assert.deepEqual(only(told, 'termination', 'restart', 'agent-restart', 'exit'), lines);
  });
}

/** rails keeps 5 s of the grace period after SIGTERM, auth depends on nothing; requests never end. */
const GRACES: readonly [title: string, graceMs: number, first: string][] = [
  ['longer than the pod’s', 60_000, '25000 rails: its time is up'],
  ['shorter, and drain-min and the stop-timeouts fit', 12_000, '7000 rails: its time is up'],
  ['as short as drain-min and the stop-timeouts', 10_000, '5000 rails: its time is up'],
  ['too short, so that all are cut alike', 4000, '2000 rails: its time is up'],
  ['nothing', 0, '0 rails: its time is up'],
];

for (const [title, graceMs, first] of GRACES) {
  test(`recut() gives out the deletion's grace period when it is ${title}`, () => {
    const told = tell(railsAndAuth, [
      [0, deletion(graceMs), sockets({ inFlight: requests(1, 0) })],
      [0, hook('rails'), hook('auth'), hook('podusher')],
    ]);
    assert.equal(told.answers[0], first);
    const endMs = Math.min(graceMs, 30_000);
    const auth = told.answers.find(line => line.includes(' auth'));
    assert.equal(auth?.split(' ')[0], String(endMs), 'auth is held to the very end');
    assert.ok(told.answers.some(line => line.startsWith(`${endMs} podusher`)));
  });
}

test('step() recuts the budgets in mid-drain when a second deletion shortens the first', () => {
  const told = tell(railsAndAuth, [
    [0, deletion(30_000), sockets({ inFlight: requests(1, 0) })],
    [0, hook('rails'), hook('auth'), hook('podusher')],
    [8000, deletion(16_000)],
  ]);
  assert.deepEqual(told.answers, [
    '11000 rails: its time is up',
    '16000 auth: its time is up',
    '16000 podusher: its time is up',
  ]);
  assert.deepEqual(only(told, 'deletion'), ['0 deletion', '8000 deletion']);
});

test('step() releases everybody at once when a second deletion leaves no time', () => {
  const told = tell(railsAndAuth, [
    [0, deletion(30_000), hook('rails'), hook('auth'), hook('podusher')],
    [2000, deletion(1000)],
  ]);
  assert.deepEqual(
    told.answers.map(line => line.split(' ')[0]),
    ['2000', '2000', '2000'],
  );
});

const DELETED = [0, deletion(30_000), hook('rails'), hook('podusher')] as const satisfies Scene;

/** When a drain ends that the slices have let go, and when the first container is released. */
const DRAINS: readonly [when: string, lines: readonly string[], over: Partial<Settings>, ...Scene[]][] = [
  [
    'nobody comes after 0.3 s, for three fifths of drain-min, and the slices let go before',
    ['3300 arrivals-ended: withdrawn', '3300 drained: nothing in flight'],
    {},
    [0, ARRIVING],
    [100, WITHDRAWN],
    [1300, sockets({ arrivals: 'silent', lastArrivalAt: T + 300 })],
  ],
  [
    'the last comes too late for that: a kube-proxy is behind',
    ['5000 arrivals-ended: silence', '5000 drained: nothing in flight'],
    {},
    [0, ARRIVING, WITHDRAWN],
    [3100, sockets({ arrivals: 'silent', lastArrivalAt: T + 2100 })],
  ],
  [
    'silence is significant later than that',
    ['4200 arrivals-ended: withdrawn', '4200 drained: nothing in flight'],
    {},
    [0, ARRIVING, WITHDRAWN],
    [4200, SILENT],
  ],
  [
    'the slices let go after silence',
    ['4100 arrivals-ended: withdrawn', '4100 drained: nothing in flight'],
    {},
    [4100, WITHDRAWN],
  ],
  [
    'the slices let go and arrivals go on: a kube-proxy is behind',
    ['8000 arrivals-ended: silence', '8000 drained: nothing in flight'],
    {},
    [0, ARRIVING, WITHDRAWN],
    [8000, SILENT],
  ],
  [
    'silence says nothing, so that drain-min stays',
    ['5000 arrivals-ended: untold', '5000 drained: nothing in flight'],
    {},
    [0, sockets({ arrivals: 'untold' }), WITHDRAWN],
  ],
  [
    'one slice goes on sending',
    ['5000 arrivals-ended: silence', '5000 drained: nothing in flight'],
    {},
    [0, SILENT],
  ],
  [
    'what was in flight is answered at 3.7 s',
    ['3000 arrivals-ended: withdrawn', '3700 drained: nothing in flight'],
    {},
    [0, sockets({ inFlight: requests(1, 0) })],
    [1000, WITHDRAWN],
    [3700, IDLE],
  ],
  [
    'a new slice takes the pod up again while a request is in flight',
    [
      '3000 arrivals-ended: withdrawn',
      '3500 arrivals-resumed: in doubt',
      '5000 arrivals-ended: silence',
      '5000 drained: nothing in flight',
    ],
    {},
    [0, sockets({ inFlight: requests(1, 0) })],
    [1000, WITHDRAWN],
    [3500, HELD],
    [3700, IDLE],
  ],
  [
    'silence says nothing any more while a request is in flight',
    [
      '3000 arrivals-ended: withdrawn',
      '3500 arrivals-resumed: in doubt',
      '5000 arrivals-ended: untold',
      '5000 drained: nothing in flight',
    ],
    {},
    [0, sockets({ inFlight: requests(1, 0) })],
    [1000, WITHDRAWN],
    [3500, sockets({ arrivals: 'untold', inFlight: NOTHING })],
  ],
  [
    'connections come again before drain-min',
    [
      '3000 arrivals-ended: withdrawn',
      '3500 arrivals-resumed: arriving',
      '6000 arrivals-ended: silence',
      '6000 drained: nothing in flight',
    ],
    {},
    [0, sockets({ inFlight: requests(1, 0) })],
    [1000, WITHDRAWN],
    [3500, ARRIVING, IDLE],
    [6000, SILENT],
  ],
  [
    'a kept connection never pauses: drain-kept-max, but not before drain-min',
    ['3000 arrivals-ended: withdrawn', '5000 drained: drain-kept-max'],
    { drainKeptMaxMs: 2000 },
    [0, sockets({ inFlight: requests(1, 0) })],
    [1000, WITHDRAWN],
    [3100, sockets({ inFlight: requests(1, 3050) })],
  ],
  [
    'no reading of the sockets comes',
    ['20000 arrivals-ended: deadline', '25000 drained: drain-max'],
    {},
    [0, UNREAD, WITHDRAWN],
  ],
];

for (const [when, lines, over, ...scenes] of DRAINS) {
  test(`drain() lasts until ${lines.at(-1)} when ${when}`, () => {
    const told = tell({ ...rails, ...over }, [DELETED, ...scenes]);
    assert.deepEqual(only(told, 'arrivals-ended', 'arrivals-resumed', 'drained'), lines);
    const [drainedMs] = (lines.at(-1) ?? '').split(' ');
    assert.equal(told.answers[0]?.split(' ')[0], drainedMs, 'nobody is released before');
  });
}

test('step() tells that a slice has taken the pod up again, and when they let it go anew', () => {
  const told = tell(
    rails,
    [
      [0, deletion(30_000), hook('rails'), WITHDRAWN],
      [1000, HELD],
      [1100, HELD],
      [2000, WITHDRAWN],
    ],
    2500,
  );
  assert.deepEqual(only(told, 'withdrawn', 'taken-up'), ['0 withdrawn', '1000 taken-up', '2000 withdrawn']);
});

test('step() tells once that the slices have let go, whenever they do', () => {
  const told = tell(
    rails,
    [
      [0, deletion(30_000), WITHDRAWN],
      [300, hook('rails')],
      [400, WITHDRAWN],
    ],
    4000,
  );
  assert.deepEqual(only(told, 'withdrawn', 'drained'), ['0 withdrawn', '3300 drained: nothing in flight']);
});
