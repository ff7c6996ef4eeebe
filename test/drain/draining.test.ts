import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Settings } from '../../lib/settings/settings.ts';
import { container, NOTHING, pod } from './pods.ts';
import { hook, only, requests, type Scene, SIGTERM, sockets, T, tell, UNREAD } from './scenes.ts';

/** One container with 5 s to stop: of 30 s, the drain gets 25. */
const rails = pod([container('rails')]);

const DELETED = [0, hook('rails'), hook('podusher')] as const satisfies Scene;
const ARRIVING = sockets({ arrivals: 'arriving' });
const SILENT = sockets({ arrivals: 'silent' });
const IDLE = sockets({ inFlight: NOTHING });

/** What happens to a drain, and what the machine says of arrivals and of the drain's end. */
const STORIES: readonly [when: string, lines: readonly string[], over: Partial<Settings>, ...Scene[]][] = [
  ['nothing is in flight', ['5000 arrivals-ended: silence', '5000 drained: nothing in flight'], {}],
  [
    'a single request is in flight till 7.3 s',
    ['5000 arrivals-ended: silence', '7300 drained: nothing in flight'],
    {},
    [0, sockets({ inFlight: requests(1, 0) })],
    [7300, IDLE],
  ],
  [
    'connections arrive till 9.9 s, and silence is significant 1.2 s later',
    ['11100 arrivals-ended: silence', '11100 drained: nothing in flight'],
    {},
    [0, ARRIVING],
    [11_100, SILENT],
  ],
  [
    'silence says nothing, for arrivals are rare or cannot be counted',
    ['5000 arrivals-ended: untold', '5000 drained: nothing in flight'],
    {},
    [0, sockets({ arrivals: 'untold' })],
  ],
  [
    'arrivals never end',
    ['20000 arrivals-ended: deadline', '20000 drained: nothing in flight'],
    {},
    [0, ARRIVING],
  ],
  [
    'arrivals never end and drain-arrivals-max is shorter than drain-min',
    ['5000 arrivals-ended: deadline', '5000 drained: nothing in flight'],
    { drainArrivalsMaxMs: 2000 },
    [0, ARRIVING],
  ],
  [
    'arrivals resume while a request is in flight',
    [
      '5000 arrivals-ended: silence',
      '6000 arrivals-resumed: arriving',
      '9000 arrivals-ended: silence',
      '9000 drained: nothing in flight',
    ],
    {},
    [0, sockets({ inFlight: requests(1, 0) })],
    [6000, ARRIVING],
    [8000, IDLE],
    [9000, SILENT],
  ],
  [
    'arrivals resume after their deadline, which nothing undoes',
    ['6000 arrivals-ended: deadline', '8000 drained: nothing in flight'],
    { drainArrivalsMaxMs: 6000 },
    [0, ARRIVING, sockets({ inFlight: requests(1, 0) })],
    [7000, SILENT],
    [7500, ARRIVING],
    [8000, IDLE],
  ],
  [
    'arrivals resume only when their deadline has passed',
    ['5000 arrivals-ended: silence', '8000 drained: nothing in flight'],
    { drainArrivalsMaxMs: 6000 },
    [0, sockets({ inFlight: requests(1, 0) })],
    [6000, ARRIVING],
    [8000, IDLE],
  ],
  [
    'a kept connection never pauses: all that is in flight began after the arrivals ended',
    ['5000 arrivals-ended: silence', '10000 drained: drain-kept-max'],
    {},
    [0, sockets({ inFlight: requests(1, 0) })],
    [5100, sockets({ inFlight: requests(1, 5050) })],
    [9900, sockets({ inFlight: requests(1, 9850) })],
  ],
  [
    'a kept connection never pauses and drain-kept-max is 0s',
    ['5000 arrivals-ended: silence', '5100 drained: drain-kept-max'],
    { drainKeptMaxMs: 0 },
    [0, sockets({ inFlight: requests(1, 0) })],
    [5100, sockets({ inFlight: requests(1, 5050) })],
  ],
  [
    'one request that began before the arrivals ended goes on beside those on a kept connection',
    ['5000 arrivals-ended: silence', '14000 drained: drain-kept-max'],
    {},
    [0, sockets({ inFlight: requests(2, 4900) })],
    [14_000, sockets({ inFlight: requests(1, 13_950) })],
  ],
  [
    'a request that began before the arrivals ended never ends',
    ['5000 arrivals-ended: silence', '25000 drained: drain-max'],
    {},
    [0, sockets({ inFlight: requests(1, 4900) })],
  ],
  [
    'drain-max is set to less than the grace period leaves',
    ['5000 arrivals-ended: silence', '12000 drained: drain-max'],
    { drainMaxMs: 12_000 },
    [0, sockets({ inFlight: requests(1, 0) })],
  ],
  [
    'a connection stays in doubt till 8 s',
    ['5000 arrivals-ended: silence', '8000 drained: nothing in flight'],
    {},
    [0, sockets({ inFlight: { ...NOTHING, inDoubt: 1, oldestBegunAt: T } })],
    [8000, IDLE],
  ],
  [
    'one request is sure and one in doubt till 8 s',
    ['5000 arrivals-ended: silence', '8000 drained: nothing in flight'],
    {},
    [0, sockets({ inFlight: requests(1, 0, { inDoubt: 1 }) })],
    [8000, IDLE],
  ],
  [
    'what is in flight can never be read: unknown is not zero',
    ['5000 arrivals-ended: silence', '25000 drained: drain-max'],
    {},
    [0, sockets({ inFlight: { ...NOTHING, unknown: 'netlink refused' } })],
  ],
  [
    'what is in flight can be read again from 9 s on',
    ['5000 arrivals-ended: silence', '9000 drained: nothing in flight'],
    {},
    [0, sockets({ inFlight: { ...NOTHING, unknown: 'netlink refused' } })],
    [9000, IDLE],
  ],
  [
    'a gauge cannot be read, and all the rest began on a kept connection',
    ['5000 arrivals-ended: silence', '25000 drained: drain-max'],
    {},
    [0, sockets({ inFlight: requests(1, 6000, { unknown: 'HTTP 500' }) })],
  ],
  ['no reading ever comes', ['20000 arrivals-ended: deadline', '25000 drained: drain-max'], {}, [0, UNREAD]],
  [
    'the last reading before drain-min showed nothing, and it is the last one',
    ['20000 arrivals-ended: deadline', '25000 drained: drain-max'],
    {},
    [4950, UNREAD],
  ],
  [
    'readings come again after a pause',
    ['8000 arrivals-ended: silence', '8000 drained: nothing in flight'],
    {},
    [4950, UNREAD],
    [8000, sockets({})],
  ],
];

for (const [when, lines, over, ...scenes] of STORIES) {
  test(`drain() waits until ${lines.at(-1)} when ${when}`, () => {
    const settings: Settings = { ...rails, ...over };
    const told = tell(settings, [DELETED, ...scenes]);
    assert.deepEqual(only(told, 'arrivals-ended', 'arrivals-resumed', 'drained'), lines);
    const [drainedMs] = (lines.at(-1) ?? '').split(' ');
    assert.deepEqual(told.phases.slice(0, 3), ['0 settling', '0 draining', `${drainedMs} stopping`]);
    assert.equal(told.answers[0]?.split(' ')[0], drainedMs, 'nobody is released before');
  });
}

test('drain() tells what it left in flight, and what each container was released with', () => {
  const busy = requests(3, 100, { inDoubt: 1 });
  const told = tell(rails, [
    DELETED,
    [
      0,
      sockets({
        inFlight: busy,
        containers: new Map([['rails', { inFlight: requests(2, 0), gone: false }]]),
      }),
    ],
  ]);
  const lefts = told.entries.flatMap(entry =>
    'left' in entry ? [[entry.at - T, entry.type, entry.left] as const] : [],
  );
  assert.deepEqual(
    lefts.toSorted(([a, type], [b, other]) => a - b || type.localeCompare(other)),
    [
      [25_000, 'drained', busy],
      [25_000, 'released', requests(2, 0)],
      [30_000, 'released', undefined],
    ],
  );
});

test('drain() tells the last arrival beside the end of the arrivals', () => {
  const told = tell(rails, [DELETED, [0, sockets({ lastArrivalAt: T + 1234 })]], 6000);
  const entry = told.entries.find(({ type }) => type === 'arrivals-ended');
  assert.deepEqual(entry, {
    at: T + 5000,
    type: 'arrivals-ended',
    because: 'silence',
    lastArrivalAt: T + 1234,
    drainMinAt: T + 5000,
  });
});

test('drain() lasts no shorter for SIGTERM when hooks wait', () => {
  const told = tell(rails, [DELETED, [2000, SIGTERM]], 6000);
  assert.deepEqual(told.answers, ['5000 rails: drain over']);
});

test('drain() lasts drain-min alone when that is all the grace period there is', () => {
  const short = pod([container('rails', { stopTimeoutMs: 0 })], { gracePeriodMs: 5000 });
  const told = tell(short, [DELETED, [0, ARRIVING, sockets({ inFlight: requests(1, 0) })]], 5000);
  assert.deepEqual(only(told, 'drained'), ['5000 drained: drain-max']);
});

test('drained is told before the releases of the same moment', () => {
  const told = tell(pod([container('rails')]), [
    [0, hook('rails'), hook('podusher'), sockets({ inFlight: requests(1, 0) })],
  ]);
  const types = told.entries.filter(({ at }) => at === T + 25_000).map(({ type }) => type);
  assert.deepEqual(types.slice(-2), ['drained', 'released']);
});
