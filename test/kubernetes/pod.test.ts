import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { afterPod, afterRemoval, type Deletion } from '../../lib/kubernetes/deletion.ts';
import { kubeletVerdict } from '../../lib/kubernetes/kubelet-verdict.ts';
import { type ApiPod, parsePod } from '../../lib/kubernetes/pod.ts';
import { specSettings } from '../../lib/kubernetes/pod-spec.ts';
import { type ContainerParts, type PodParts, podObject } from './objects.ts';

function podOf(parts: PodParts = {}): ApiPod {
  const pod = parsePod(podObject(parts));
  assert.ok(pod.ok, JSON.stringify(pod));
  return pod.value;
}

test('parsePod() keeps what is needed and no more', () => {
  assert.deepEqual(podOf({ graceSeconds: 45, deletion: ['2026-11-22T05:00:45Z', 45] }), {
    name: 'shop-7d9f8b6c5d-x2x7k',
    namespace: 'shop',
    uid: '8ecf9894-cda6-4687-9598-9f06f6985e0d',
    resourceVersion: '100',
    generation: undefined,
    ips: ['10.1.2.3', 'fd00::3'],
    gracePeriodMs: 45_000,
    deletion: { endsAt: Date.UTC(2026, 10, 22, 5, 0, 45), graceMs: 45_000 },
    containers: [
      { name: 'podusher', isNativeSidecar: true, probe: undefined, isReady: true },
      { name: 'rails', isNativeSidecar: false, probe: undefined, isReady: true },
      { name: 'auth', isNativeSidecar: false, probe: undefined, isReady: true },
    ],
  });
});

const PROBES: readonly [
  title: string,
  readinessProbe: object,
  probe: ApiPod['containers'][number]['probe'],
][] = [
  ['exec', { exec: { command: ['true'] } }, { how: 'exec', port: undefined }],
  ['httpGet', { httpGet: { port: 3000, path: '/' } }, { how: 'httpGet', port: 3000 }],
  ['a port by its name', { httpGet: { port: 'web' } }, { how: 'httpGet', port: 8080 }],
  ['a port in digits', { tcpSocket: { port: '4000' } }, { how: 'tcpSocket', port: 4000 }],
  ['a port that has no such name', { grpc: { port: 'none' } }, { how: 'grpc', port: undefined }],
  ['another host', { httpGet: { port: 80, host: '192.0.2.1' } }, { how: 'httpGet', port: undefined }],
];

for (const [title, readinessProbe, probe] of PROBES) {
  test(`parsePod() reads a readinessProbe with ${title}`, () => {
    const ports = [{ containerPort: 9090 }, { name: 'web', containerPort: 8080 }];
    const [rails] = podOf({ containers: [{ name: 'rails', readinessProbe, ports }] }).containers;
    assert.deepEqual(rails?.probe, probe);
  });
}

test('parsePod() takes a pod that has just been created', () => {
  const { metadata, spec } = Object(podObject());
  const pod = parsePod({ metadata, spec: { ...spec, initContainers: undefined } });
  assert.ok(pod.ok);
  assert.deepEqual(pod.value.ips, []);
  assert.deepEqual(
    pod.value.containers.map(({ isReady }) => isReady),
    [undefined, undefined],
  );
});

test('parsePod() says what is wrong, and never throws, whatever it is given', () => {
  const wrong: readonly unknown[] = [
    undefined,
    null,
    'a pod',
    {},
    [],
    { metadata: {}, spec: {} },
    { ...podObject(), status: { containerStatuses: 'ready' } },
    podObject({ name: 'n'.repeat(254) }),
    { ...podObject(), metadata: { uid: 'u', resourceVersion: '1', name: 'shop' } },
    podObject({ deletion: ['yesterday', 30] }),
    podObject({ containers: Array.from({ length: 257 }, (_, index) => ({ name: `c${index}` })) }),
  ];
  for (const object of wrong) {
    const pod = parsePod(object);
    assert.ok(!pod.ok, JSON.stringify(object)?.slice(0, 80));
    assert.match(pod.problems.join(), /^Not a pod: /);
  }
  fc.assert(fc.property(fc.jsonValue(), value => void parsePod(value)));
});

const AGENT = { name: 'podusher', port: 8866 };

test('specSettings() says what annotations would', () => {
  const containers: readonly ContainerParts[] = [
    { name: 'proxy', sidecar: true, readinessProbe: { httpGet: { port: 15_021 } } },
    { name: 'podusher', sidecar: true },
    { name: 'rails', readinessProbe: { exec: {} } },
    { name: 'circle', readinessProbe: { httpGet: { port: 8866 } } },
  ];
  assert.deepEqual(
    specSettings(podOf({ containers, graceSeconds: 90 }), AGENT),
    new Map([
      ['podusher.dev/containers', 'proxy,rails,circle'],
      ['podusher.dev/native-sidecars', 'proxy,podusher'],
      ['podusher.dev/grace-period', '1m30s'],
      ['ports.podusher.dev/proxy', '15021'],
    ]),
  );
  assert.equal(
    specSettings(podOf({ graceSeconds: 0 }), AGENT).get('podusher.dev/grace-period'),
    '1s',
    'the kubelet gives a second at least',
  );
});

test('kubeletVerdict() is the kubelet’s where the container has a probe of its own', () => {
  const exec = { exec: { command: ['true'] } };
  const pod = podOf({
    containers: [
      { name: 'good', readinessProbe: exec, ready: true },
      { name: 'bad', readinessProbe: exec, ready: false },
      { name: 'new', readinessProbe: exec },
      { name: 'none', ready: false },
      { name: 'circle', readinessProbe: { httpGet: { port: 8866, path: '/ready' } }, ready: false },
    ],
  });
  const types = ['good', 'bad', 'new', 'none', 'circle', 'other'].map(
    name => kubeletVerdict(pod, name, 8866)?.type,
  );
  assert.deepEqual(types, ['ready', 'failed', 'pending', undefined, undefined, undefined]);
  assert.equal(
    kubeletVerdict(pod, 'bad', 8866)?.reason,
    'the kubelet calls it not ready, by its own exec probe',
  );
});

/** What is told of a deletion, one after the other, and the grace period that is known then, in ms. */
const DELETIONS: readonly [title: string, graces: (number | undefined)[], ...PodParts['deletion'][]][] = [
  ['there is none', [undefined], undefined],
  ['one that is told again', [30_000, 30_000], ['2026-11-22T05:00:30Z', 30], ['2026-11-22T05:00:30Z', 30]],
  ['a second one is shorter', [30_000, 12_000], ['2026-11-22T05:00:30Z', 30], ['2026-11-22T05:00:12Z', 12]],
  [
    'a second one leaves no time: it came 20 s after the first',
    [30_000, 20_000],
    ['2026-11-22T05:00:30Z', 30],
    ['2026-11-22T05:00:20Z', 1],
  ],
  [
    'it is forced in the end, by a clock that was set back',
    [30_000, 1000],
    ['2026-11-22T05:00:30Z', 30],
    ['2026-11-22T04:00:00Z', 0],
  ],
  ['it is not told of again', [30_000, 30_000], ['2026-11-22T05:00:30Z', 30], undefined],
];

for (const [title, graces, ...told] of DELETIONS) {
  test(`afterPod() knows the grace period of a deletion when ${title}`, () => {
    let deletion: Deletion | undefined;
    const known = told.map(one => {
      deletion = afterPod(deletion, podOf(one === undefined ? {} : { deletion: one }));
      return deletion?.graceMs;
    });
    assert.deepEqual(known, graces);
  });
}

function deletionGraceMs(seconds: number | undefined): number | undefined {
  const { metadata, ...rest } = Object(
    podObject({ graceSeconds: 45, deletion: ['2026-11-22T05:00:45Z', 8] }),
  );
  const pod = parsePod({ ...rest, metadata: { ...metadata, deletionGracePeriodSeconds: seconds } });
  return pod.ok ? pod.value.deletion?.graceMs : undefined;
}

test('parsePod() gives a deletion the second that the kubelet gives at least, and without a word the spec’s time', () => {
  assert.equal(deletionGraceMs(8), 8000);
  assert.equal(deletionGraceMs(0), 1000);
  assert.equal(deletionGraceMs(undefined), 45_000);
  assert.equal(podOf({ graceSeconds: 0 }).gracePeriodMs, 1000);
});

test('afterRemoval() gives the pod its own grace period when it was deleted by force', () => {
  const pod = podOf({ graceSeconds: 45 });
  assert.equal(afterRemoval(undefined, pod).graceMs, 45_000);
  const told = afterPod(undefined, podOf({ deletion: ['2026-11-22T05:00:12Z', 12] }));
  assert.equal(afterRemoval(told, pod).graceMs, 12_000);
});
