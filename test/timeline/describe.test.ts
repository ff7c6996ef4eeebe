import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { describe, describeInFlight } from '../../lib/timeline/describe.ts';
import type { Entry } from '../../lib/timeline/entry.ts';
import { toneOf } from '../../lib/timeline/tone.ts';
import { EVERY, NOTHING, T, THREE } from './entries.ts';
import { anyEntries } from './outside.ts';

const LINES: Readonly<Record<Entry['type'], string>> = {
  hook: 'rails preStop hook called',
  'hook-left': 'rails preStop caller left before its answer',
  sigterm: 'the agent got SIGTERM',
  deletion: 'the API tells that the pod is being deleted; grace period 8 s',
  withdrawn: 'no EndpointSlice sends new connections here any more',
  'taken-up': 'an EndpointSlice sends new connections here again',
  termination: "the pod terminates: the agent's own hook and another were called",
  restart: "rails restarts: the agent's own hook was not called",
  'agent-restart': 'the agent restarts: its own hook alone was called, so nothing drains',
  'arrivals-ended': 'no new connections any more: the last came 3 s ago; drain-min is over',
  'arrivals-resumed': 'new connections come again',
  drained: 'drain cut off by drain-max: 3 requests in flight and 1 in doubt, the oldest 2.1 s old',
  'dependency-gone': 'auth is gone, but rails and web depend on it',
  released: 'rails released: drain over; 0 in flight',
  stopped: 'rails stopped: nothing of it is left to be seen',
  healed: 'false alarm: still alive after the grace period, so serving again',
  exit: 'the agent leaves',
  warning: 'rials A hook is held for drain-min: No container of that name',
  check: 'statsd not ready, but non-critical, so it does not block: HTTP 503 from http://127.0.0.1:8126/',
  started: 'rails started again, restart 2',
  ready: 'rails not ready: HTTP 503 from http://127.0.0.1:3000/healthz',
  'pod-ready': 'pod ready',
  restarting: 'rails restarts: liveness probe failed: HTTP 500',
  deleted: 'pod deleted; grace period 30 s',
  'hook-began': 'rails preStop hook began',
  'hook-ended': 'rails preStop hook failed: connect ECONNREFUSED 127.0.0.1:8866',
  signal: 'rails gets SIGTERM',
  exited: 'rails exited with code 0',
  'back-off': 'rails starts again in 10 s (back-off)',
  gone: 'all containers have ended; the pod is gone',
  'new-connections-end': 'clients open no new connections any more',
  'kept-connections-leave': 'clients close the connections they kept',
  outage: '1,412 requests failed and 3 cut in 30.1 s: HTTP 500: auth refused the connection',
};

test('describe() has a line of its own when given each type of entry', () => {
  for (const entry of Object.values(EVERY)) assert.equal(describe(entry), LINES[entry.type]);
  assert.equal(new Set(Object.values(LINES)).size, Object.keys(EVERY).length);
});

test('describe() tells variants apart when an entry has them', () => {
  const cases: [Entry, string][] = [
    [{ ...EVERY.hook, container: null }, 'preStop hook called; it names no container'],
    [{ ...EVERY['hook-left'], container: null }, 'a preStop caller left before its answer'],
    [{ ...EVERY.termination, evidence: 'SIGTERM' }, 'the pod terminates: the agent got SIGTERM'],
    [
      { ...EVERY.termination, evidence: 'deletionTimestamp' },
      'the pod terminates: a hook was called, and the API tells of its deletion',
    ],
    [
      { ...EVERY['arrivals-resumed'], because: 'in doubt' },
      'drain-min must pass after all: it is in doubt again that new connections have ended',
    ],
    [
      { ...EVERY['arrivals-ended'], because: 'withdrawn' },
      'no new connections any more, before drain-min: the last came 3 s ago, and no EndpointSlice sends any',
    ],
    [
      { ...EVERY.check, container: null, outcome: 'terminating', reason: 'rails was released to stop' },
      'pod not ready any more, as it should be: rails was released to stop',
    ],
    [
      { ...EVERY.check, container: null, outcome: 'failed', reason: 'rails restarts' },
      'pod not ready: rails restarts',
    ],
    [{ ...EVERY.restart, container: null }, "a container restarts: the agent's own hook was not called"],
    [
      { ...EVERY['arrivals-ended'], lastArrivalAt: undefined },
      'no new connections any more: none came; drain-min is over',
    ],
    [
      { ...EVERY['arrivals-ended'], at: T + 13_200, lastArrivalAt: T + 1200 },
      'no new connections any more: the last came 12 s ago; so long a silence was needed to tell',
    ],
    [
      { ...EVERY['arrivals-ended'], because: 'untold' },
      'new connections are too rare to tell their end by silence: drain-min decided',
    ],
    [
      { ...EVERY['arrivals-ended'], because: 'deadline' },
      'new connections did not end by drain-arrivals-max: the last came 3 s ago',
    ],
    [{ ...EVERY.drained, because: 'nothing in flight', left: NOTHING }, 'drained: nothing in flight'],
    [{ ...EVERY['dependency-gone'], dependents: ['rails'] }, 'auth is gone, but rails depends on it'],
    [
      { ...EVERY.released, container: null, because: 'its time is up', left: undefined },
      'hooks that name no container released: its time is up; in flight not measured',
    ],
    [{ ...EVERY.stopped, because: 'time' }, 'rails taken as stopped: its time is up'],
    [{ ...EVERY.warning, container: null, message: 'The server had an error' }, 'The server had an error'],
    [{ ...EVERY.started, restarts: 0 }, 'rails started'],
    [{ ...EVERY.ready, ready: true, reason: '' }, 'rails ready'],
    [{ ...EVERY['hook-ended'], outcome: 'answered', reason: '' }, 'rails preStop hook answered'],
    [{ ...EVERY.exited, code: null, signal: 'SIGKILL' }, 'rails killed by SIGKILL'],
    [{ ...EVERY.exited, code: null }, 'rails ended; how is not known'],
    [{ ...EVERY.outage, failed: 0, cut: 1, untilAt: T + 5100, reason: 'reset' }, '1 request cut: reset'],
  ];
  for (const [entry, line] of cases) assert.equal(describe(entry), line);
});

test('describe() gives one clean line when names and reasons are anything', () => {
  fc.assert(
    fc.property(anyEntries, ({ entries }) => {
      for (const entry of entries) {
        const line = describe(entry);
        assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        assert.ok(line.length < 700);
      }
    }),
  );
});

test('describeInFlight() never says nothing when it could not be read', () => {
  assert.equal(describeInFlight(NOTHING, T), 'nothing in flight');
  assert.equal(
    describeInFlight({ ...NOTHING, unknown: 'netlink refused' }, T),
    'in flight unknown: netlink refused',
  );
  assert.equal(
    describeInFlight({ ...THREE, requests: 1, inDoubt: 0, unknown: 'gauge timed out' }, T + 5100),
    '1 request in flight, the oldest 2.1 s old, at least: gauge timed out',
  );
  assert.equal(describeInFlight({ ...THREE, requests: 0, oldestBegunAt: undefined }, T), '1 in doubt');
});

test('toneOf() warns when something was lost, and is never good without having been measured', () => {
  assert.equal(toneOf(EVERY.outage), 'bad');
  assert.equal(toneOf(EVERY.drained), 'bad');
  assert.equal(toneOf({ ...EVERY.drained, because: 'nothing in flight', left: NOTHING }), 'good');
  assert.equal(toneOf({ ...EVERY.released, left: THREE }), 'bad');
  assert.equal(toneOf({ ...EVERY.released, left: undefined }), 'plain');
  assert.equal(toneOf({ ...EVERY.exited, code: 1 }), 'bad');
  assert.equal(toneOf({ ...EVERY.exited, code: 143 }), 'plain');
  assert.equal(toneOf({ ...EVERY.signal, signal: 'SIGKILL' }), 'bad');
});
