import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parseManifest } from '../../lib/kubelet/manifest.ts';
import { podWith } from './manifests.ts';

describe('parseManifest()', () => {
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
