import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serving } from '../../lib/drain/state.ts';
import type { Status, StatusShutdown } from '../../lib/status/status.ts';
import { gone, hook, read, requests, type Scene, SIGTERM, sockets, T } from '../drain/scenes.ts';
import { ALL, build, settings, statusAt } from './moments.ts';

const SERVING: StatusShutdown = { state: 'serving', since: null, releaseBy: null, because: null };

/** @returns how each container is on its way out. */
function shutdowns({ containers }: Status): Record<string, StatusShutdown> {
  return Object.fromEntries(containers.map(({ name, shutdown }) => [name, shutdown]));
}

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

for (const [title, jumpMs, clockAheadMs] of [
  ['was set an hour ahead', 3_600_000, 3_600_000],
  ['was set back', -2500, -2500],
  ['is where it was', 999, 0],
] as const) {
  test(`buildStatus() tells how far the machine's clock is from its times when that ${title}`, () => {
    const status = statusAt(8000, [ALL], { clockNow: T + 8000 + jumpMs });
    assert.equal(status.clockAheadMs, clockAheadMs);
    assert.deepEqual([status.now, status.drain.since], [T + 8000, T], 'its own times do not jump');
  });
}
