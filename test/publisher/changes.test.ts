/** What is written when one thing changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeObject, serviceObject } from './objects.ts';
import { kindsOf, pod, published, sizesOf } from './published.ts';
import type { Server } from './server.ts';

const CHANGES: readonly [
  title: string,
  count: number,
  change: (server: Server) => void,
  writes: string[],
  sizes: number[],
][] = [
  ['nothing changes', 250, () => {}, [], [100, 100, 50]],
  ['a pod is gone', 250, server => server.pods.delete('web-000'), ['update, out'], [99, 100, 50]],
  [
    'a pod is no longer ready',
    250,
    server => server.putPod(pod(0, { ready: false })),
    ['update, out'],
    [100, 100, 50],
  ],
  [
    'a pod terminates',
    250,
    server => server.putPod(pod(0, { isTerminating: true })),
    ['update, out'],
    [100, 100, 50],
  ],
  ['a pod comes', 250, server => server.putPod(pod(250)), ['update'], [100, 100, 51]],
  [
    'a pod goes and another comes',
    250,
    server => {
      server.pods.delete('web-000');
      server.putPod(pod(250));
    },
    ['update, out'],
    [100, 100, 50],
  ],
  ['all go', 150, server => server.pods.clear(), ['update, out', 'delete, out'], [0]],
  ['a pod comes and all are full', 200, server => server.putPod(pod(200)), ['create'], [100, 100, 1]],
  [
    'the Service’s labels change',
    150,
    server => server.putService(serviceObject({ labels: { team: 'auth' } })),
    ['update', 'update'],
    [100, 50],
  ],
  [
    'the Service’s family changes',
    150,
    server => server.putService(serviceObject({ spec: { ipFamilies: ['IPv6'] } })),
    ['delete, out', 'delete, out', 'create', 'create'],
    [100, 50],
  ],
  [
    'the Service is made anew',
    150,
    server => server.putService(serviceObject({ uid: 'another' })),
    ['create', 'delete, out', 'create', 'delete, out'],
    [100, 50],
  ],
  [
    'the Service is being deleted',
    200,
    server => {
      server.putService(serviceObject({ isTerminating: true }));
      server.putPod(pod(200));
      server.pods.delete('web-150');
      server.pods.delete('web-151');
    },
    ['update, out'],
    [100, 99],
  ],
  [
    'the Service is being deleted and its slices are full',
    100,
    server => {
      server.putService(serviceObject({ isTerminating: true }));
      server.putPod(pod(100));
    },
    [],
    [100],
  ],
  [
    'its annotation is gone',
    150,
    server => server.putService(serviceObject({ selector: undefined })),
    ['delete, out', 'delete, out'],
    [],
  ],
  [
    'hints are asked for',
    150,
    server => server.putService(serviceObject({ spec: { trafficDistribution: 'PreferSameNode' } })),
    ['update', 'update'],
    [100, 50],
  ],
  [
    'its node gets another zone',
    150,
    server => server.putNode(nodeObject('node-0', 'zone-1', 'True')),
    ['update', 'update'],
    [100, 50],
  ],
  ['its node is gone', 150, server => server.nodes.clear(), ['update, out', 'delete, out'], [0]],
];

for (const [title, count, change, writes, sizes] of CHANGES) {
  test(`reconcile() writes ${writes.join(' and ') || 'nothing'} when ${title}`, () => {
    const server = published(count);
    change(server);
    assert.deepEqual(kindsOf(server.reconcile()), writes);
    assert.deepEqual(sizesOf(server), sizes);
    assert.deepEqual(server.plan().writes.length, 0);
  });
}
