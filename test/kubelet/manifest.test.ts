import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parseManifest } from '../../lib/kubelet/manifest.ts';
import type { Container, Pod } from '../../lib/kubelet/pod.ts';

/** A Pod of one container, with these lines added to the container. */
function podWith(...lines: readonly string[]): string {
  return [
    'kind: Pod',
    'spec:',
    '  containers:',
    '    - name: rails',
    ...lines.map(line => `      ${line}`),
  ].join('\n');
}

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

  const bad: readonly (readonly [string, string, RegExp])[] = [
    ['no pod', 'kind: Service', /^Found 0 Pods or Deployments; accepted: exactly one in a file$/u],
    ['two pods', `${podWith()}\n---\n${podWith()}`, /^Found 2 Pods/u],
    ['no YAML', 'a: [', /^Not YAML: /u],
    ['an alias that is not there', 'kind: Pod\nspec: *x', /^Not YAML: /u],
    ['no spec', 'kind: Pod', /^spec: is missing$/u],
    ['no container', 'kind: Pod\nspec: {containers: []}', /^spec.containers: No container/u],
    ['a bad name', podWith().replace('rails', 'Rails_1'), /^spec.containers.0.name: "Rails_1" is no/u],
    [
      'a bad port',
      podWith('ports: [{containerPort: 70000}]'),
      /ports.0.containerPort: 70000 is not accepted/u,
    ],
    [
      'a command that is text',
      podWith('command: rails s'),
      /^spec.containers.0.command: "rails s" is not a list/u,
    ],
    ['a Job', `${podWith()}\n  restartPolicy: Never`, /^spec.restartPolicy: "Never" is not rehearsed/u],
    [
      'a grace period',
      `${podWith()}\n  terminationGracePeriodSeconds: -1`,
      /terminationGracePeriodSeconds: -1/u,
    ],
    [
      'a bad probe',
      podWith('readinessProbe: {httpGet: {port: web}}'),
      /readinessProbe: httpGet.port: "web"/u,
    ],
    [
      'a probe of others',
      podWith('readinessProbe: {httpGet: {port: 80, host: 10.0.0.1}}'),
      /host: "10.0.0.1"/u,
    ],
    ['an empty hook', podWith('lifecycle: {preStop: {}}'), /lifecycle.preStop: 0 actions are set/u],
    [
      'a tcp hook',
      podWith('lifecycle: {preStop: {tcpSocket: {port: 1}}}'),
      /preStop: tcpSocket: accepted: /u,
    ],
    [
      'a hook of no seconds',
      podWith('lifecycle: {preStop: {sleep: {}}}'),
      /preStop: sleep.seconds: accepted: /u,
    ],
    [
      'an unknown field of the pod',
      podWith('env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.color}}}]'),
      /^spec.containers.0.env.0.valueFrom.fieldRef.fieldPath: "spec.color" is not rehearsed/u,
    ],
    [
      'a name given twice',
      `${podWith()}\n  initContainers: [{name: rails}]`,
      /^spec: the name "rails" is given to more than one/u,
    ],
    [
      'a file outside its volume',
      `${podWith()}\n  volumes: [{name: a, downwardAPI: {items: [{path: ../b, fieldRef: {fieldPath: metadata.name}}]}}]`,
      /leads out of the volume/u,
    ],
  ];
  for (const [what, text, problem] of bad) {
    it(`says what is wrong with ${what}`, () => {
      const manifest = parseManifest(text);
      assert.ok(!manifest.ok);
      assert.equal(manifest.problems.length, 1, manifest.problems.join('\n'));
      assert.match(manifest.problems[0] ?? '', problem);
    });
  }

  it('reports all problems at once', () => {
    const manifest = parseManifest(podWith('ports: [{containerPort: 0}]', 'command: x', 'workingDir: 3'));
    assert.ok(!manifest.ok);
    assert.equal(manifest.problems.length, 3);
  });

  it('returns a value or problems for any text, and never throws', () => {
    const scraps = fc.constantFrom(
      'kind: Pod\n',
      'spec:\n',
      '  containers:\n',
      '    - name: a\n',
      '&x ',
      '*x',
      '<<: *x\n',
      '---\n',
      '{',
      ']',
      '!!',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.oneof(scraps, fc.string())).map(parts => parts.join('')),
    );
    fc.assert(
      fc.property(text, any => typeof parseManifest(any).ok === 'boolean'),
      { numRuns: 300 },
    );
  });

  it('returns a pod or problems for any JSON in the place of a spec', () => {
    fc.assert(
      fc.property(
        fc.json(),
        spec => typeof parseManifest(`{"kind": "Pod", "spec": {"containers": [${spec}]}}`).ok === 'boolean',
      ),
      { numRuns: 300 },
    );
  });
});
