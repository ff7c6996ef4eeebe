import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusDrain } from '../../lib/status/status.ts';
import { NOTHING } from '../drain/pods.ts';
import { gone, hook, requests, type Scene, SIGTERM, sockets, T } from '../drain/scenes.ts';
import { ALL, statusAt } from './moments.ts';

const NO_DEADLINES = {
  drainMinAt: null,
  arrivalsMaxAt: null,
  keptMaxAt: null,
  drainMaxAt: null,
  endAt: null,
  healAt: null,
};
const DEADLINES = {
  drainMinAt: T + 5000,
  arrivalsMaxAt: T + 20_000,
  keptMaxAt: null,
  drainMaxAt: T + 25_000,
  endAt: T + 30_000,
  healAt: T + 40_000,
};

/** What `/status` says of the drain, by the phase it is in. */
const PHASES: readonly [phase: string, atMs: number, scenes: readonly Scene[], drain: StatusDrain][] = [
  [
    'serving',
    0,
    [],
    {
      phase: 'serving',
      kind: null,
      since: null,
      evidence: null,
      waitsFor: [],
      deadlines: NO_DEADLINES,
      arrivals: null,
      inFlight: null,
    },
  ],
  [
    'settling',
    500,
    [[0, hook('rails')]],
    {
      phase: 'settling',
      kind: null,
      since: T,
      evidence: null,
      waitsFor: [{ what: 'other hooks, to tell a termination from a restart', untilAt: T + 1000 }],
      deadlines: NO_DEADLINES,
      arrivals: { state: 'silent', lastArrivalAt: null, count: 7 },
      inFlight: NOTHING,
    },
  ],
  [
    'draining for a restart',
    1500,
    [[0, hook('rails'), sockets({ inFlight: requests(1, 0) })]],
    {
      phase: 'draining',
      kind: 'restart',
      since: T,
      evidence: 'hooks of others alone',
      waitsFor: [{ what: 'what is in flight in rails, which restarts', untilAt: T + 5000 }],
      deadlines: NO_DEADLINES,
      arrivals: { state: 'silent', lastArrivalAt: null, count: 7 },
      inFlight: requests(1, 0),
    },
  ],
  [
    'draining for a termination',
    8000,
    [ALL, [0, sockets({ arrivals: 'arriving', lastArrivalAt: T + 7900, inFlight: requests(2, 0) })]],
    {
      phase: 'draining',
      kind: 'termination',
      since: T,
      evidence: 'own hook and another',
      waitsFor: [
        { what: 'new connections to end', untilAt: T + 20_000 },
        { what: '2 requests in flight', untilAt: T + 25_000 },
      ],
      deadlines: DEADLINES,
      arrivals: { state: 'arriving', lastArrivalAt: T + 7900, count: 7 },
      inFlight: requests(2, 0),
    },
  ],
  [
    'stopping',
    6000,
    [ALL],
    {
      phase: 'stopping',
      kind: 'termination',
      since: T,
      evidence: 'own hook and another',
      waitsFor: [
        { what: 'rails to stop, before auth is released', untilAt: T + 30_000 },
        { what: 'rails, auth to stop, before podusher is released', untilAt: T + 30_000 },
      ],
      deadlines: DEADLINES,
      arrivals: { state: 'silent', lastArrivalAt: null, count: 7 },
      inFlight: NOTHING,
    },
  ],
  [
    'stopped',
    9000,
    [
      [0, hook('rails'), hook('podusher')],
      [5200, gone('rails', 'auth')],
    ],
    {
      phase: 'stopped',
      kind: 'termination',
      since: T,
      evidence: 'own hook and another',
      waitsFor: [],
      deadlines: DEADLINES,
      arrivals: { state: 'silent', lastArrivalAt: null, count: 7 },
      inFlight: NOTHING,
    },
  ],
];

for (const [phase, atMs, scenes, drain] of PHASES) {
  test(`buildStatus() tells the drain, by the schema, when it is ${phase}`, () => {
    assert.deepEqual(statusAt(atMs, scenes).drain, drain);
  });
}

test('buildStatus() tells until when kept connections are waited for once new ones have ended', () => {
  const busy = sockets({ inFlight: requests(1, 0) });
  const { deadlines } = statusAt(8000, [ALL, [0, busy]]).drain;
  assert.deepEqual(deadlines, { ...DEADLINES, keptMaxAt: T + 10_000 });
});

test('buildStatus() names SIGTERM as the evidence when it was', () => {
  assert.equal(
    statusAt(2000, [
      [0, hook('rails')],
      [300, SIGTERM],
    ]).drain.evidence,
    'SIGTERM',
  );
});
