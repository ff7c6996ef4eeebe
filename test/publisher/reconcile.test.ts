import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceObject } from './objects.ts';
import { kindsOf, pod, published, sizesOf } from './published.ts';
import { metadataOf, type Server } from './server.ts';

const LABELS = {
  'kubernetes.io/service-name': 'web',
  'endpointslice.kubernetes.io/managed-by': 'publisher.podusher.dev',
};

function addressesIn(server: Server): Set<string> {
  return new Set(
    [...server.slices.values()].flatMap(slice => JSON.stringify(slice).match(/10\.1\.\d+\.\d+/g) ?? []),
  );
}

function foreign(name: string, managedBy: string): Record<string, unknown> {
  const labels = { ...LABELS, 'endpointslice.kubernetes.io/managed-by': managedBy };
  return {
    metadata: { name, namespace: 'shop', uid: name, resourceVersion: '7', labels },
    addressType: 'IPv4',
  };
}

test('reconcile() writes a slice as the built-in controller does', () => {
  const server = published(0);
  assert.deepEqual(sizesOf(server), [0], 'a placeholder');
  server.putPod(pod(0, { hostname: 'web-000', subdomain: 'web' }));
  assert.deepEqual(kindsOf(server.reconcile()), ['update']);
  const [slice] = server.slices.values();
  assert.deepEqual(slice, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: metadataOf(slice).name,
      namespace: 'shop',
      uid: metadataOf(slice)['uid'],
      resourceVersion: '2',
      labels: { team: 'shop', ...LABELS },
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Service', name: 'web', uid: 'uid-of-web', controller: true },
      ],
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: [
      {
        addresses: ['10.1.0.1'],
        conditions: { ready: true, serving: true, terminating: false },
        hostname: 'web-000',
        nodeName: 'node-0',
        targetRef: { kind: 'Pod', namespace: 'shop', name: 'web-000', uid: 'uid-of-web-000' },
        zone: 'zone-0',
      },
    ],
  });
  assert.match(metadataOf(slice).name, /^web-[0-9a-f]{8}-0$/);
});

test('reconcile() publishes thousands of ports, of pods with hundreds that have names', () => {
  const server = published(1);
  const named = Array.from({ length: 1600 }, (_, index) => ({
    name: `p${index}`,
    containerPort: 1000 + index,
  }));
  server.putPod(pod(0, { containers: [{ name: 'rails', ready: true, ports: named }] }));
  const ports = Array.from({ length: 3000 }, (_, index) => ({
    name: `s${index}`,
    port: 1 + index,
    targetPort: index < 1600 ? `p${index}` : index,
  }));
  server.putService(serviceObject({ spec: { ports } }));
  server.reconcile();
  const [slice] = server.slices.values();
  const written = Array.isArray(slice?.['ports']) ? slice['ports'] : [];
  assert.deepEqual([written.length, written[1599].port, written[2999].port], [3000, 2599, 2999]);
  assert.deepEqual(kindsOf(server.reconcile()), [], 'and reads its own');
});

test('reconcile() keeps every endpoint in some slice while the Service’s ports are edited', () => {
  const server = published(250);
  for (const name of ['web-010', 'web-110', 'web-111']) server.pods.delete(name);
  server.reconcile();
  const all = addressesIn(server);
  const ports = [80, 90].map(port => ({ name: `p${port}`, port, targetPort: 8000 + port }));
  server.putService(serviceObject({ spec: { ports } }));
  const { writes } = server.plan();
  assert.equal(writes.length, 3);
  for (const write of writes) {
    assert.deepEqual([write.takesOut, server.write(write)], [false, 'done']);
    assert.deepEqual(addressesIn(server), all);
  }
});

test('reconcile() keeps what others have added to a slice', () => {
  const server = published(1);
  const [[name = '', slice] = []] = server.slices;
  const metadata = {
    ...metadataOf(slice),
    annotations: { 'example.com/a': 'b' },
    finalizers: ['example.com/f'],
  };
  server.slices.set(name, {
    ...slice,
    metadata: { ...metadata, labels: { ...metadata.labels, stray: 'x' } },
  });
  assert.deepEqual(kindsOf(server.reconcile()), ['update']);
  const after = metadataOf(server.slices.get(name));
  assert.deepEqual(after.labels, { team: 'shop', ...LABELS });
  assert.deepEqual([after['annotations'], after['finalizers']], [metadata.annotations, metadata.finalizers]);
});

test('reconcile() leaves others’ slices alone, and tells of them', () => {
  const server = published(1);
  server.slices.set('web-abcde', foreign('web-abcde', 'endpointslice-controller.k8s.io'));
  const { writes, problems } = server.plan();
  assert.deepEqual(writes, []);
  assert.deepEqual(
    problems.map(({ kind, name }) => [kind, name]),
    [['EndpointSlice', 'web-abcde']],
  );
  assert.match(problems[0]?.message ?? '', /"endpointslice-controller.k8s.io".*left alone/);
});

test('reconcile() drops a slice of ours that is being deleted, and gives no new one its name', () => {
  const server = published(1);
  const [[name = '', slice] = []] = server.slices;
  server.slices.set(name, {
    ...slice,
    metadata: { ...metadataOf(slice), deletionTimestamp: '2026-11-22T05:00:30Z' },
  });
  const [write, ...rest] = server.plan().writes;
  assert.deepEqual(rest, []);
  assert.equal(write?.type, 'create');
  assert.equal(write?.name, name.replace(/0$/, '1'));
});

const names = (server: Server): string[] => server.plan().writes.map(({ name }) => name);

test('reconcile() gives new slices the same names whoever asks, and none that is taken', () => {
  const server = published(0);
  server.slices.clear();
  for (let index = 0; index < 150; index++) server.putPod(pod(index));
  const first = names(server);
  const other = published(0);
  other.slices.clear();
  for (let index = 149; index >= 0; index--) other.putPod(pod(index));
  assert.deepEqual(names(other), first);
  assert.deepEqual(JSON.stringify(other.plan().writes), JSON.stringify(server.plan().writes));
  const [name = ''] = first;
  server.taken.add(name);
  assert.deepEqual(
    names(server),
    [1, 2].map(number => name.replace(/0$/, String(number))),
  );
  server.putService(serviceObject({ uid: 'another' }));
  assert.notEqual(names(server)[0], name, 'a Service made anew does not wait for the old one’s slices');
});

test('reconcile() keeps the pods of a Service up to date whose annotation cannot be followed, and adds none', () => {
  const server = published(3);
  server.putService(serviceObject({ selector: 'app=(' }));
  server.putPod(pod(3));
  assert.deepEqual(kindsOf(server.reconcile()), []);
  server.putPod(pod(0, { ready: false }));
  server.pods.delete('web-001');
  assert.deepEqual(kindsOf(server.reconcile()), ['update, out']);
  assert.deepEqual(sizesOf(server), [2]);
  assert.match(JSON.stringify(server.plan().problems), /no requirement/);
  const never = published(3, { selector: 'app=(' });
  assert.equal(never.slices.size, 0);
});

test('reconcile() leaves out a port that a pod does not have, and a pod whose node nobody knows, and tells so', () => {
  const spec = {
    ports: [
      { name: 'http', port: 80, targetPort: 8080 },
      { name: 'grpc', port: 90, targetPort: 'grpc' },
    ],
  };
  const server = published(2, { spec });
  server.putPod(pod(2, { node: 'node-9' }));
  assert.deepEqual(kindsOf(server.reconcile()), []);
  const [slice] = server.slices.values();
  assert.deepEqual(slice?.['ports'], [{ name: 'http', port: 8080, protocol: 'TCP' }]);
  assert.deepEqual(server.plan().problems, [
    { kind: 'Pod', name: 'web-002', message: 'Left out, for its node "node-9" is not known' },
    {
      kind: 'Service',
      name: 'web',
      message: 'Some of its pods have no port called "grpc" (TCP), which is left out for them',
    },
  ]);
});

test('reconcile() tells a hundred problems at most', () => {
  const server = published(150);
  server.nodes.clear();
  assert.equal(server.plan().problems.length, 100);
});

test('reconcile() mends a slice that somebody has changed', () => {
  const server = published(150);
  const before = JSON.stringify([...server.slices.values()].map(({ endpoints }) => endpoints));
  for (const [name, slice] of server.slices) {
    const endpoints: unknown[] = Array.isArray(slice['endpoints']) ? slice['endpoints'] : [];
    const stray = { addresses: ['10.9.9.9'], conditions: null, targetRef: null };
    server.slices.set(name, { ...slice, endpoints: [...endpoints, stray, endpoints[0]] });
  }
  assert.deepEqual(kindsOf(server.reconcile()), ['update, out', 'update, out']);
  assert.equal(JSON.stringify([...server.slices.values()].map(({ endpoints }) => endpoints)), before);
});
