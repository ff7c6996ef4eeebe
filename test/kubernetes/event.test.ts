import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventOf, toldOf, toldReadiness } from '../../lib/kubernetes/event.ts';
import { EVERY, T } from '../timeline/entries.ts';

const POD = { name: 'shop-1', namespace: 'shop', uid: 'u-1' };

test('toldOf() has a reason in CamelCase for each entry of the drain, and the timeline’s words', () => {
  const entries = Object.values(EVERY).flatMap(entry =>
    entry.actor === 'podusher' && entry.type !== 'warning' && entry.type !== 'check' ? [entry] : [],
  );
  const told = entries.map(toldOf);
  for (const { reason } of told) assert.match(reason, /^([A-Z][a-z]+)+$/);
  assert.equal(new Set(told.map(({ reason }) => reason)).size, entries.length);
  assert.deepEqual(toldOf(EVERY.released), {
    type: 'Normal',
    reason: 'ContainerReleased',
    message: 'rails released: drain over; 0 in flight',
    at: T + 5100,
  });
  assert.equal(toldOf(EVERY.drained).type, 'Warning');
});

test('toldReadiness() names who blocks', () => {
  const checks = [
    { name: 'rails', outcome: 'passed', reason: 'HTTP 200', since: T },
    { name: 'auth', outcome: 'failed', reason: 'HTTP 503', since: T },
    { name: 'statsd', outcome: 'tolerated', reason: 'refused', since: T },
  ] as const;
  assert.equal(toldReadiness({ ready: false, checks }, T).message, 'not ready: auth: HTTP 503');
  assert.equal(toldReadiness({ ready: false, checks }, T).type, 'Warning');
  assert.equal(toldReadiness({ ready: true, checks: [] }, T).type, 'Normal');
});

test('toldReadiness() does not warn of what every termination comes to', () => {
  const drain = { name: 'drain', outcome: 'terminating', reason: 'rails was released', since: T } as const;
  const { type, message } = toldReadiness({ ready: false, checks: [drain] }, T);
  assert.deepEqual([type, message], ['Normal', 'not ready, normal termination: drain: rails was released']);
  const auth = { name: 'auth', outcome: 'failed', reason: 'HTTP 503', since: T } as const;
  assert.equal(toldReadiness({ ready: false, checks: [drain, auth] }, T).type, 'Warning');
});

test('eventOf() is an Event of core/v1 about the pod', () => {
  const event = Object(eventOf(toldOf(EVERY.released), POD, 3, 'host-1'));
  assert.deepEqual(event.involvedObject, { apiVersion: 'v1', kind: 'Pod', ...POD });
  assert.deepEqual(event.metadata.namespace, 'shop');
  assert.equal(event.reportingInstance, 'host-1');
  assert.equal(event.firstTimestamp, '2026-11-21T03:12:05Z');
  assert.deepEqual([event.reason, event.type, event.count], ['ContainerReleased', 'Normal', 1]);
});

test('eventOf() names Events so that they sort as they happened, by names that the API takes', () => {
  const names = [
    [T, 0],
    [T, 1],
    [T + 1, 2],
    [T + 3_600_000, 3],
  ].map(([at = 0, count = 0]) =>
    String(Object(eventOf({ ...toldOf(EVERY.exit), at }, POD, count, 'host-1')).metadata.name),
  );
  assert.deepEqual(names.toSorted(), names);
  assert.equal(new Set(names).size, names.length);
  const long = { ...POD, name: `${'a'.repeat(229)}-.b${'c'.repeat(20)}` };
  for (const name of [...names, Object(eventOf(toldOf(EVERY.exit), long, 1, 'host-1')).metadata.name]) {
    assert.match(name, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
    assert.ok(name.length <= 253);
  }
});
