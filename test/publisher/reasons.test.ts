import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonsOf, standingOf } from '../../lib/publisher/reasons.ts';
import { type ContainerParts, nodeObject, serviceObject } from './objects.ts';
import { pod, published } from './published.ts';

const STATSD = { annotations: { 'podusher.dev/non-critical': 'statsd' } };
const containers = (rails: boolean, statsd: boolean): ContainerParts[] => [
  { name: 'rails', ready: rails },
  { name: 'statsd', ready: statsd },
];

test('reasonsOf() tells of each endpoint that a write changes why, and of no other', () => {
  const server = published(7);
  const reasons = (): string[] => server.plan().writes.flatMap(one => reasonsOf(one, server.pods.values()));
  server.putPod(pod(0, { containers: containers(false, true) }));
  server.putPod(pod(1, { ...STATSD, containers: containers(false, false) }));
  server.putPod(pod(2, { ...STATSD, containers: containers(true, false), isTerminating: true }));
  server.putPod(pod(3, { reason: 'PodCompleted', ready: false }));
  server.pods.delete('web-004');
  server.putPod(pod(5, { phase: 'Failed' }));
  server.putPod(pod(7, { ...STATSD, containers: containers(true, false) }));
  assert.deepEqual(reasons(), [
    'web-004: out of this slice: the pod is deleted, or not selected',
    'web-005: out of this slice: the pod has ended',
    'web-000: not ready: rails is not ready',
    'web-001: not ready: rails is not ready',
    'web-002: terminating, serving, despite statsd',
    'web-003: not ready: it is ending (PodCompleted)',
    'web-007: ready, despite statsd',
  ]);
  server.reconcile();
  server.putNode(nodeObject('node-0', 'zone-0', 'Unknown'));
  assert.deepEqual(reasons(), [
    'web-002: terminating: statsd is not ready, and its node is not, or was not a moment ago',
    'web-007: not ready: statsd is not ready, and its node is not, or was not a moment ago',
  ]);
  server.putNode(nodeObject('node-0', 'zone-0', 'True'));
  server.putService(serviceObject({ spec: { publishNotReadyAddresses: true } }));
  assert.deepEqual(reasons().slice(0, 1), [
    'web-000: ready, by publishNotReadyAddresses: rails is not ready',
  ]);
});

test('reasonsOf() tells a hundred at most', () => {
  const server = published(100);
  server.nodes.clear();
  for (let index = 100; index < 150; index++) server.putPod(pod(index));
  const [write] = server.plan().writes;
  assert.ok(write);
  assert.equal(
    reasonsOf(
      {
        ...write,
        after: [...write.before, ...write.before].map((one, index) => ({ ...one, zone: `${index}` })),
      },
      [],
    ).length,
    100,
  );
});

test('standingOf() tells of each pod that is not simply ready why, when nothing is to be written', () => {
  const server = published(2);
  server.putPod(pod(2, { ...STATSD, containers: containers(true, false) }));
  server.putPod(pod(3, { containers: containers(false, true) }));
  server.putPod(pod(4, { phase: 'Failed' }));
  server.putPod(pod(5, { ip: undefined }));
  server.putPod(pod(6, { node: 'node-9' }));
  server.putPod(pod(7, { isTerminating: true }));
  server.putPod(pod(8, { labels: { app: 'other' } }));
  server.reconcile();
  assert.deepEqual(server.plan().writes, []);
  assert.deepEqual(standingOf(server.world()), {
    pods: 8,
    ready: 3,
    because: [
      'web-003: not ready: rails is not ready',
      'web-004: left out: it has ended',
      'web-005: left out: it has no address',
      'web-006: left out: its node "node-9" is not known',
      'web-007: terminating, serving',
      'web-002: ready, despite statsd',
    ],
  });
});

test('standingOf() tells a hundred at most, and those that get no traffic first', () => {
  const server = published(1);
  for (let index = 1; index < 150; index++)
    server.putPod(pod(index, { containers: containers(false, true) }));
  server.putPod(pod(0, { ...STATSD, containers: containers(true, false) }));
  const { because, ...counts } = standingOf(server.world());
  assert.deepEqual(counts, { pods: 150, ready: 1 });
  assert.equal(because.length, 100);
  assert.ok(because.every(line => line.endsWith('not ready: rails is not ready')));
});
