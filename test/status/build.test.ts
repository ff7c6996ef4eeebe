import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { blockersOf } from '../../lib/drain/blockers.ts';
import { type State, serving } from '../../lib/drain/state.ts';
import { aggregate } from '../../lib/readiness/aggregate.ts';
import type { Verdict } from '../../lib/readiness/verdict.ts';
import { buildStatus, type StatusParts } from '../../lib/status/build.ts';
import { statusSchema } from '../../lib/status/schema.ts';
import type { Status, StatusDrain, StatusShutdown } from '../../lib/status/status.ts';
import { container, NOTHING, pod } from '../drain/pods.ts';
import { gone, hook, read, requests, type Scene, SIGTERM, sockets, T, tell } from '../drain/story.ts';

/** rails needs auth; statsd is non-critical and has failed. */
const settings = pod([
  container('rails', { dependsOn: ['auth'] }),
  container('auth', { ports: [4000], stopTimeoutMs: 0 }),
  container('statsd', { ports: [], critical: false }),
]);

const READY: Verdict = { type: 'ready', reason: 'port 3000 listens', since: T - 60_000 };
const FAILED: Verdict = { type: 'failed', reason: 'connect ECONNREFUSED', since: T - 1000 };

const ALL = [0, hook('rails'), hook('auth'), hook('podusher')] as const satisfies Scene;
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
const SERVING: StatusShutdown = { state: 'serving', since: null, releaseBy: null, because: null };

/** @returns the status at a moment of a drain, as the agent makes it, with its parts changed by `over`. */
function statusAt(atMs: number, scenes: readonly Scene[], over: Partial<StatusParts> = {}): Status {
  const { state, entries } = tell(settings, scenes, atMs);
  return build(atMs, state, { timeline: entries.map(entry => ({ actor: 'podusher', ...entry })), ...over });
}

function build(atMs: number, state: State, over: Partial<StatusParts>): Status {
  const verdicts = new Map([
    ['rails', READY],
    ['auth', READY],
    ['statsd', FAILED],
  ]);
  const judged = settings.containers.map(one => ({ ...one, verdict: verdicts.get(one.name) ?? FAILED }));
  const status = buildStatus({
    name: 'web-0',
    version: '0.1.0',
    now: T + atMs,
    startedAt: T - 90_000,
    readiness: aggregate(judged, blockersOf(state)),
    readinessChanges: [{ at: T - 80_000, ready: true, because: ['auth: port 4000 listens'] }],
    verdicts,
    settings,
    applied: { hash: 'c0ffee', at: T - 90_000, file: '/etc/podinfo/annotations', problems: [] },
    state,
    arrivalsCount: 7,
    api: null,
    sources: {
      sockets: { used: 'sock_diag', because: null },
      arrivals: { used: 'none', because: 'PassiveOpens cannot be read' },
    },
    timeline: [],
    ...over,
  });
  const sent: unknown = JSON.parse(JSON.stringify(status));
  const { issues } = v.safeParse(statusSchema, sent);
  assert.deepEqual(
    issues?.map(issue => `${v.getDotPath(issue)}: ${issue.message}`),
    undefined,
  );
  return status;
}

/** @returns how each container is on its way out. */
function shutdowns({ containers }: Status): Record<string, StatusShutdown> {
  return Object.fromEntries(containers.map(({ name, shutdown }) => [name, shutdown]));
}

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

test('buildStatus() tells of each container how far on its way out it is', () => {
  const waits = { state: 'hook waiting', since: T, because: null } as const;
  assert.deepEqual(shutdowns(statusAt(0, [])), { rails: SERVING, auth: SERVING, statsd: SERVING });
  assert.deepEqual(shutdowns(statusAt(3000, [ALL])), {
    rails: { ...waits, releaseBy: T + 25_000 },
    auth: { ...waits, releaseBy: T + 30_000 },
    statsd: SERVING,
  });
  assert.deepEqual(shutdowns(statusAt(5000, [ALL])).rails, {
    state: 'released',
    since: T + 5000,
    releaseBy: null,
    because: 'drain over',
  });
  assert.deepEqual(shutdowns(statusAt(6000, [ALL, [5200, gone('rails')]])), {
    rails: { state: 'stopped', since: T + 5300, releaseBy: null, because: 'seen' },
    auth: { state: 'released', since: T + 5300, releaseBy: null, because: 'dependents stopped' },
    statsd: { state: 'stopped', since: T + 6000, releaseBy: null, because: 'assumed' },
  });
  assert.deepEqual(shutdowns(statusAt(1500, [[0, hook('rails')]])).rails, { ...waits, releaseBy: T + 5000 });
});

test('buildStatus() tells what is in flight in each container that was measured', () => {
  const measured = statusAt(1000, [ALL, [0, sockets(read({ rails: requests(1, 0) }))]]);
  assert.deepEqual(
    measured.containers.map(({ name, inFlight }) => [name, inFlight]),
    [
      ['rails', requests(1, 0)],
      ['auth', null],
      ['statsd', null],
    ],
  );
});

test('buildStatus() says what blocks readiness, and a non-critical failure is not among it', () => {
  const status = statusAt(5000, [ALL]);
  assert.equal(status.ready, false);
  assert.deepEqual(status.blockers, [
    { reason: 'drain: rails was released to stop', since: T + 5000, isNormal: true },
  ]);
  assert.deepEqual([statusAt(4900, [ALL]).ready, statusAt(4900, [ALL]).blockers], [true, []]);
});

test('buildStatus() says pending of a container that has no verdict yet', () => {
  const { containers } = statusAt(0, [], { verdicts: new Map() });
  assert.deepEqual(
    containers.map(({ verdict }) => [verdict.type, verdict.since]),
    [
      ['pending', T],
      ['pending', T],
      ['pending', T],
    ],
  );
});

test('buildStatus() shows the pod-wide settings in effect, drain-max as what the grace period leaves', () => {
  const { values } = statusAt(0, []).settings;
  assert.deepEqual(values, {
    readyDuringDrain: true,
    gracePeriodMs: 30_000,
    drainMinMs: 5000,
    drainSilenceMaxMs: 12_000,
    drainArrivalsMaxMs: 20_000,
    drainKeptMaxMs: 5000,
    drainDoubtMs: 5000,
    drainMaxMs: 25_000,
    restartDrainMaxMs: 5000,
  });
  const set = statusAt(0, [], { settings: { ...settings, drainMaxMs: 9000 } });
  assert.equal(set.settings.values?.drainMaxMs, 9000);
});

test('buildStatus() shows no settings, containers or drain when the annotations are bad from the start', () => {
  const problems = ['podusher.dev/drain-min: "5" has no unit'];
  const applied = { hash: null, at: T, file: null, problems };
  const status = build(0, serving(settings), { settings: undefined, state: undefined, applied });
  assert.deepEqual(status.settings, {
    hash: null,
    appliedAt: T,
    annotationsFile: null,
    problems,
    values: null,
  });
  assert.deepEqual([status.containers, status.drain.phase], [[], 'serving']);
});

test('buildStatus() carries a whole shutdown’s timeline, by the schema', () => {
  const scenes: Scene[] = [ALL, [5200, gone('rails')], [6000, gone('rails', 'auth')], [7000, SIGTERM]];
  const { timeline } = statusAt(60_000, scenes);
  assert.deepEqual([timeline.length, timeline.at(-1)?.type], [14, 'exit']);
});
