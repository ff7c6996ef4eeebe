import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inFlightWords, waitsOf } from '../../lib/drain/waits.ts';
import type { Settings } from '../../lib/settings/settings.ts';
import { NOTHING, railsAndAuth } from './pods.ts';
import { gone, hook, read, requests, type Scene, sockets, T, tell, UNREAD } from './scenes.ts';

const ALL = [0, hook('rails'), hook('auth'), hook('podusher')] as const satisfies Scene;

/** What is waited for at a moment of a story, and until when at the latest: `drain-min: 5000`. */
function waitsAt(atMs: number, over: Partial<Settings>, scenes: readonly Scene[]): string[] {
  const { state } = tell({ ...railsAndAuth, ...over }, scenes, atMs);
  return waitsOf(state).map(({ what, untilAt }) => `${what}: ${untilAt - T}`);
}

const CASES: readonly [
  when: string,
  waits: readonly string[],
  atMs: number,
  over: Partial<Settings>,
  ...scenes: Scene[],
][] = [
  ['serving', [], 0, {}],
  ['settling', ['other hooks, to tell a termination from a restart: 1000'], 900, {}, [0, hook('rails')]],
  [
    'containers restart',
    [
      'what is in flight in rails, which restarts: 5000',
      'what is in flight in the pod, which restarts: 5500',
    ],
    1500,
    {},
    [0, hook('rails')],
    [500, hook(null)],
  ],
  [
    'a restarting container was released',
    ['rails, which restarts, to stop: 10000'],
    6000,
    {},
    [0, hook('rails')],
  ],
  [
    'hooks that name nobody were released for a restart',
    ['a container, which restarts, to stop: 10000'],
    6000,
    {},
    [0, hook(null)],
  ],
  ['drain-min has not passed', ['drain-min: 5000', 'new connections to end: 20000'], 100, {}, ALL],
  [
    'no reading has come',
    ['drain-min: 5000', 'new connections to end: 20000', 'a first reading of the sockets: 25000'],
    3000,
    {},
    [0, UNREAD],
    ALL,
  ],
  [
    'the slices have let the pod go, so that drain-min need not pass',
    ['1 request in flight: 25000'],
    3100,
    {},
    [0, sockets({ inFlight: requests(1, 0) }), { type: 'withdrawal', withdrawn: true }],
    ALL,
  ],
  [
    'new connections arrive',
    ['new connections to end: 20000'],
    8000,
    {},
    [0, sockets({ arrivals: 'arriving' })],
    ALL,
  ],
  [
    'requests are in flight',
    ['3 requests in flight (1 of them in doubt): 25000'],
    8000,
    {},
    [0, sockets({ inFlight: requests(2, 0, { inDoubt: 1 }) })],
    ALL,
  ],
  [
    'containers tell where the requests are in flight',
    ['3 requests in flight, in rails, auth: 25000'],
    8000,
    {},
    [
      0,
      sockets({
        inFlight: requests(3, 0),
        ...read({ rails: requests(2, 0), auth: requests(1, 0), podusher: requests(1, 0) }),
      }),
    ],
    ALL,
  ],
  [
    'only requests that began later are in flight, on kept connections',
    ['1 request in flight: 10000'],
    8000,
    {},
    ALL,
    [4000, sockets({ inFlight: requests(1, 4000) })],
    [6000, sockets({ inFlight: requests(1, 6000) })],
  ],
  [
    'drain-max comes before drain-kept-max',
    ['1 request in flight: 9000'],
    8000,
    { drainMaxMs: 9000 },
    ALL,
    [4000, sockets({ inFlight: requests(1, 4000) })],
    [6000, sockets({ inFlight: requests(1, 6000) })],
  ],
  [
    'auth waits for rails, and the agent for both',
    [
      'rails to stop, before auth is released: 30000',
      'rails, auth to stop, before podusher is released: 30000',
    ],
    6000,
    {},
    ALL,
  ],
  [
    'the agent alone waits',
    ['auth to stop, before podusher is released: 30000'],
    6000,
    {},
    ALL,
    [5200, gone('rails')],
  ],
  ['all is over', [], 6000, {}, ALL, [5200, gone('rails', 'auth')]],
];

for (const [when, waits, atMs, over, ...scenes] of CASES) {
  test(`waitsOf() names ${waits.length} waits when ${when}`, () => {
    assert.deepEqual(waitsAt(atMs, over, scenes), waits);
  });
}

const WORDS: readonly [Parameters<typeof inFlightWords>[0], string | undefined][] = [
  [undefined, 'a first reading of the sockets'],
  [NOTHING, undefined],
  [{ ...NOTHING, connections: 9 }, undefined],
  [requests(1, 0), '1 request in flight'],
  [requests(2, 0), '2 requests in flight'],
  [{ ...NOTHING, inDoubt: 1 }, '1 request in flight (1 of them in doubt)'],
  [
    { ...requests(2, 0), unknown: 'netlink refused' },
    'what is in flight, which cannot be read: netlink refused',
  ],
];

for (const [inFlight, words] of WORDS) {
  test(`inFlightWords() says ${JSON.stringify(words)} when it gets ${JSON.stringify(inFlight)}`, () => {
    assert.equal(inFlightWords(inFlight), words);
  });
}

test('waitsOf() says of the own hook, in a restart, what it waits for and until when', () => {
  const told = tell(
    railsAndAuth,
    [
      [0, hook('rails')],
      [6000, hook('podusher')],
    ],
    6500,
  );
  assert.deepEqual(
    waitsOf(told.state).map(({ what, untilAt }) => `${what}: ${untilAt - T}`),
    ['rails, which restarts, to stop: 10000', 'other hooks, to tell a termination from a restart: 7000'],
  );
});
