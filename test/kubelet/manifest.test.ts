import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseManifest } from '../../lib/kubelet/manifest.ts';
import type { Container, Pod } from '../../lib/kubelet/pod.ts';
import { podWith } from './manifests.ts';

function podOf(text: string): Pod {
  const manifest = parseManifest(text);
  assert.ok(manifest.ok, manifest.ok ? '' : manifest.problems.join('\n'));
  return manifest.value.pod;
}

function first(text: string): Container {
  const [container] = podOf(text).containers;
  assert.ok(container !== undefined);
  return container;
}

describe('parseManifest()', () => {
  it('reads a Deployment among other documents, init containers first', () => {
    const pod = podOf(`
kind: Service
---
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata: {annotations: {podusher.dev/containers: rails}}
    spec:
      terminationGracePeriodSeconds: 12
      containers: [{name: rails, command: [rails], args: [server]}]
      initContainers: [{name: migrate}, {name: podusher, restartPolicy: Always}]
`);
    assert.equal(pod.name, 'web');
    assert.equal(pod.gracePeriodMs, 12_000);
    assert.deepEqual(pod.annotations, { 'podusher.dev/containers': 'rails' });
    assert.deepEqual(
      pod.containers.map(({ name, kind }) => [name, kind]),
      [
        ['migrate', 'init'],
        ['podusher', 'native-sidecar'],
        ['rails', 'regular'],
      ],
    );
  });

  it('gives a Pod the defaults of the API', () => {
    const pod = podOf(podWith());
    assert.deepEqual([pod.namespace, pod.gracePeriodMs, pod.volumes], ['default', 30_000, []]);
  });

  it("reads probes with the kubelet's defaults, named ports and commands", () => {
    const rails = first(
      podWith(
        'ports: [{name: http, containerPort: 3000}, {containerPort: 53, protocol: UDP}]',
        'readinessProbe: {httpGet: {port: http, path: /up}}',
        'livenessProbe: {exec: {command: [check, it]}, periodSeconds: 5, terminationGracePeriodSeconds: 7}',
      ),
    );
    assert.deepEqual(rails.ports, [{ name: 'http', port: 3000 }]);
    assert.partialDeepStrictEqual(rails.probes, {
      readiness: {
        action: { type: 'httpGet', port: 3000, path: '/up' },
        periodSeconds: 10,
        failureThreshold: 3,
        gracePeriodMs: undefined,
      },
      liveness: { action: { type: 'exec', command: ['check', 'it'] }, periodSeconds: 5, gracePeriodMs: 7000 },
    });
  });

  const hooks: readonly (readonly [string, unknown])[] = [
    ['{sleep: {seconds: 5}}', { type: 'sleep', durationMs: 5000 }],
    ['{exec: {command: [sleep, "5"]}}', { type: 'exec', command: ['sleep', '5'] }],
    [
      '{httpGet: {path: "/drain?container=rails", port: 8866, httpHeaders: [{name: A, value: b}]}}',
      {
        type: 'httpGet',
        scheme: 'HTTP',
        host: undefined,
        port: 8866,
        path: '/drain?container=rails',
        headers: [{ name: 'A', value: 'b' }],
      },
    ],
  ];
  for (const [text, expected] of hooks) {
    it(`reads the hook ${text}`, () => {
      assert.deepEqual(first(podWith(`lifecycle: {preStop: ${text}}`)).preStop, expected);
    });
  }

  it('resolves variables: of the pod, and in each other', () => {
    const rails = first(
      podWith(
        'env:',
        '  - {name: HOST, valueFrom: {fieldRef: {fieldPath: status.podIP}}}',
        '  - {name: URL, value: "http://$(HOST):$(PORT)/$$(HOST)"}',
        'command: [curl, $(URL)]',
      ),
    );
    assert.deepEqual(rails.command, ['curl', 'http://127.0.0.1:$(PORT)/$(HOST)']);
  });

  it('writes downward-API files as the kubelet does', () => {
    const { volumes } = podOf(`
kind: Pod
metadata: {name: web, annotations: {b: "say \\"hi\\"\\n\\x01é", a: '1'}}
spec:
  containers: [{name: rails}]
  volumes: [{name: podinfo, downwardAPI: {items: [
    {path: annotations, fieldRef: {fieldPath: metadata.annotations}},
    {path: one, fieldRef: {fieldPath: "metadata.annotations['a']"}}]}}]
`);
    assert.deepEqual(volumes, [
      {
        name: 'podinfo',
        files: [
          { path: 'annotations', text: 'a="1"\nb="say \\"hi\\"\\n\\x01é"' },
          { path: 'one', text: '1' },
        ],
      },
    ]);
  });

  it('says what of the manifest is left out', () => {
    const manifest = parseManifest(
      `${podWith(
        'lifecycle: {postStart: {sleep: {seconds: 1}}}',
        'envFrom: [{secretRef: {name: keys}}]',
        'env: [{name: KEY, valueFrom: {secretKeyRef: {name: keys, key: a}}}]',
      )}\n  volumes: [{name: cache, emptyDir: {}}]`,
    );
    assert.ok(manifest.ok);
    assert.deepEqual(manifest.value.notes, [
      'spec.containers.0.env.0: only fieldRef is rehearsed; KEY is what it is in your own environment, if set there',
      'spec.containers.0.lifecycle.postStart: not run',
      'spec.containers.0.envFrom: not read; your own environment is passed on',
      'spec.volumes.0: "cache" is not there; only downwardAPI volumes are',
    ]);
  });
});
