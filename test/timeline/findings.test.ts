import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Entry } from '../../lib/timeline/entry.ts';
import { drainFindingsOf, findingsOf } from '../../lib/timeline/findings.ts';
import { CRASH_LOOP, EVERY, T, WITH, WITHOUT } from './entries.ts';
import { anyEntries } from './outside.ts';

const statsd = { container: 'statsd' } as const;
const READY: Entry = { ...EVERY['pod-ready'], at: T - 6000 };
const DELETED: Entry = { ...EVERY.deleted, at: T };
/** What the rest of the shutdown looks like is not looked at. */
const AFTER: readonly Entry[] = [
  { ...EVERY.ready, ...statsd, at: T + 10 },
  { ...EVERY['pod-ready'], ready: false, at: T + 10 },
];

test('findingsOf() says that statsd took the pod out of its Service', () => {
  const entries: Entry[] = [
    READY,
    { ...EVERY.ready, ...statsd, at: T - 3000, reason: 'HTTP 503' },
    { ...EVERY['pod-ready'], ready: false, at: T - 3000 },
    DELETED,
    ...AFTER,
  ];
  assert.deepEqual(findingsOf(entries), [
    'the pod was not ready, and so out of its Service, for 3 s: statsd was not ready: HTTP 503',
  ]);
});

test('findingsOf() tells apart how long it failed its probe, and how long it was down', () => {
  const entries: Entry[] = [
    READY,
    { ...EVERY.ready, ...statsd, at: T - 5000, reason: 'HTTP 503' },
    { ...EVERY['pod-ready'], ready: false, at: T - 5000 },
    { ...EVERY.exited, ...statsd, at: T - 2000, code: 1 },
    { ...EVERY.started, ...statsd, at: T - 1900 },
    DELETED,
  ];
  assert.deepEqual(findingsOf(entries), [
    'the pod was not ready, and so out of its Service, for 5 s: statsd was not ready: HTTP 503; for the last 2 s statsd was down, or starting',
  ]);
});

test('findingsOf() says that the pod stayed in its Service with podusher', () => {
  const entries: Entry[] = [
    READY,
    { ...EVERY.check, at: T - 4000 },
    { ...EVERY.check, at: T - 3000, outcome: 'passed' },
    { ...EVERY.check, at: T - 1500 },
    DELETED,
    ...AFTER,
  ];
  assert.deepEqual(findingsOf(entries), [
    'statsd was not ready for 2.5 s, and the pod stayed ready, in its Service: podusher counts it as non-critical',
  ]);
});

test('findingsOf() says that no sidecar can help while a container is down, and counts that time apart', () => {
  const entries: Entry[] = [
    READY,
    { ...EVERY.check, at: T - 5000 },
    { ...EVERY.exited, ...statsd, at: T - 4000, code: 1 },
    { ...EVERY.ready, ...statsd, at: T - 4000, reason: 'it exited' },
    { ...EVERY['pod-ready'], ready: false, at: T - 4000 },
    { ...EVERY.started, ...statsd, at: T - 2000 },
    { ...EVERY['pod-ready'], ready: true, at: T - 2000 },
    { ...EVERY.check, at: T - 1000, outcome: 'passed' },
    DELETED,
  ];
  const [tolerated, out] = findingsOf(entries);
  assert.match(tolerated ?? '', /^statsd was not ready for 2 s, and the pod stayed ready/u);
  assert.match(
    out ?? '',
    /for 2 s: statsd was not ready: it exited\. While a container is down no sidecar can help, .* publisher/u,
  );
  const withoutPodusher = entries.filter(({ actor }) => actor !== 'podusher');
  assert.doesNotMatch(findingsOf(withoutPodusher).join(), /sidecar/u);
});

test('findingsOf() says nothing where the pod was ready up to its deletion', () => {
  assert.deepEqual([findingsOf(WITH), findingsOf(WITHOUT), findingsOf([])], [[], [], []]);
  assert.equal(findingsOf(CRASH_LOOP).length, 3);
});

test('drainFindingsOf() says who was not ready in the drain, and for how long, up to its own end', () => {
  const failed: Entry = { ...EVERY.check, outcome: 'failed', at: T - 1000 };
  const entries: Entry[] = [
    READY,
    { ...failed, container: 'auth' },
    DELETED,
    { ...failed, at: T + 2000 },
    { ...EVERY.check, outcome: 'passed', at: T + 3000 },
    { ...EVERY.check, container: null, outcome: 'terminating', at: T + 4000 },
    { ...EVERY.signal, container: 'auth', at: T + 5000 },
  ];
  const reason = 'not ready: HTTP 503 from http://127.0.0.1:8126/';
  assert.deepEqual(drainFindingsOf(entries), [
    `auth was ${reason}, for 5 s of the drain, and so was the pod`,
    `statsd was ${reason}, for 1 s of the drain, and so was the pod`,
  ]);
  assert.deepEqual([drainFindingsOf(WITH), drainFindingsOf(AFTER)], [[], []]);
});

test('findingsOf() and drainFindingsOf() do not throw, whatever the entries are', () => {
  fc.assert(
    fc.property(anyEntries, ({ entries }) => {
      findingsOf(entries);
      drainFindingsOf(entries);
    }),
  );
});
