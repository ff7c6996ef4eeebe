import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import * as v from 'valibot';
import { parseManifest } from '../../lib/kubelet/manifest.ts';
import { formatProblem } from '../../lib/settings/problem.ts';
import { readSettings } from '../../lib/settings/read-settings.ts';
import { containersOf, documentsOf, named, ROOT, readmeManifest, templateOf, textOf } from './documents.ts';

const NATIVE = textOf('deploy/sidecar/native.yaml');
const ORDINARY = textOf('deploy/sidecar/ordinary.yaml');
const WITHOUT = textOf('examples/rails-auth/cluster/without/rails-auth.yaml');
const WITH = textOf('examples/rails-auth/cluster/with.yaml');

/** Every manifest of a pod with podusher in it, by what it is called. */
const EXAMPLES = globSync('examples/**/*with.yaml', { cwd: ROOT }).map(path => [path, textOf(path)] as const);
const WITH_PODUSHER = new Map([
  ['README.md', readmeManifest()],
  ['native.yaml', NATIVE],
  ['ordinary.yaml', ORDINARY],
  ...EXAMPLES,
]);

for (const [name, text] of WITH_PODUSHER) {
  test(`${name} is a pod to the rehearsal, and its annotations have no problem`, () => {
    const manifest = parseManifest(text);
    assert.deepEqual(manifest.ok ? manifest.value.notes : manifest.problems, []);
    const { metadata } = templateOf(text);
    const annotations = new Map(Object.entries(metadata.annotations));
    const { settings, ...rest } = readSettings({ flags: new Map(), environment: {}, annotations });
    const problems = [...rest.startProblems, ...rest.annotationProblems];
    assert.deepEqual(problems.map(formatProblem), []);
    assert.equal(settings?.complete, true, 'podusher.dev/containers is given');
  });

  test(`${name} names every container once and gives it its own hook`, () => {
    const manifest = parseManifest(text);
    assert.ok(manifest.ok);
    const containers = manifest.value.pod.containers.filter(({ kind }) => kind !== 'init');
    const hooks = containers.map(({ name: container, preStop }) => {
      return [container, preStop?.type === 'httpGet' ? [preStop.path, preStop.port] : preStop];
    });
    const wanted = containers.map(({ name: container }) => [
      container,
      [`/drain?container=${container}`, 8866],
    ]);
    assert.deepEqual(hooks, wanted);
    const { annotations } = templateOf(text).metadata;
    const told = [...(annotations['podusher.dev/containers']?.split(',') ?? []), 'podusher'];
    assert.deepEqual(
      told.toSorted((a, b) => a.localeCompare(b)),
      containers.map(one => one.name).toSorted((a, b) => a.localeCompare(b)),
    );
    const grace = annotations['podusher.dev/grace-period'];
    assert.equal(grace, `${manifest.value.pod.gracePeriodMs / 1000}s`);
  });
}

test("deploy/sidecar/native.yaml is the README's manifest", () => {
  assert.deepEqual(documentsOf(NATIVE), documentsOf(readmeManifest()));
});

test('deploy/sidecar/ordinary.yaml is native.yaml with podusher moved to the containers', () => {
  const native = templateOf(NATIVE);
  const { restartPolicy, ...sidecar } = named(native.spec.initContainers, 'podusher');
  const { 'podusher.dev/native-sidecars': natives, ...annotations } = native.metadata.annotations;
  assert.deepEqual([restartPolicy, natives], ['Always', 'podusher']);
  assert.deepEqual(templateOf(ORDINARY), {
    metadata: { ...native.metadata, annotations },
    spec: { ...native.spec, initContainers: [], containers: [...native.spec.containers, sidecar] },
  });
});

test('podusher is declared first where it is a native sidecar', () => {
  for (const text of [NATIVE, WITH]) {
    assert.equal(templateOf(text).spec.initContainers[0]?.name, 'podusher');
  }
});

const Patch = v.object({
  spec: v.object({
    template: v.object({ metadata: v.optional(v.looseObject({})), spec: v.looseObject({}) }),
  }),
});

function patchOf(path: string): v.InferOutput<typeof Patch>['spec']['template'] {
  return v.parse(Patch, documentsOf(textOf(path))[0]).spec.template;
}

test('the components add what the plain manifests have', () => {
  const native = templateOf(NATIVE);
  const { metadata, spec } = patchOf('deploy/sidecar/native/sidecar.yaml');
  assert.deepEqual(metadata, { annotations: { 'podusher.dev/native-sidecars': 'podusher' } });
  assert.deepEqual(spec, { initContainers: native.spec.initContainers, volumes: native.spec.volumes });

  const ordinary = templateOf(ORDINARY);
  const value = named(ordinary.spec.containers, 'podusher');
  assert.deepEqual(documentsOf(textOf('deploy/sidecar/ordinary/container.yaml')), [
    [{ op: 'add', path: '/spec/template/spec/containers/-', value }],
  ]);
  assert.deepEqual(patchOf('deploy/sidecar/ordinary/volume.yaml').spec, { volumes: ordinary.spec.volumes });
});

test('with.yaml is without.yaml and the sidecar, its probes moved to the annotations', () => {
  const before = templateOf(WITHOUT);
  const after = templateOf(WITH);
  const image = 'podusher:dev';
  const sidecar = { ...named(templateOf(NATIVE).spec.initContainers, 'podusher'), image };
  assert.deepEqual(after.spec.initContainers, [sidecar]);
  assert.deepEqual(after.spec.volumes, templateOf(NATIVE).spec.volumes);
  for (const { name, readinessProbe, ...rest } of containersOf(before)) {
    const { lifecycle: _, ...container } = named(after.spec.containers, name);
    assert.deepEqual(container, { name, ...rest });
    const moved = after.metadata.annotations[`readiness-probe.podusher.dev/${name}`] ?? '';
    assert.deepEqual(JSON.parse(moved), readinessProbe);
  }
  const [othersBefore, othersAfter] = [WITHOUT, WITH].map(text => documentsOf(text).slice(0, 2));
  assert.deepEqual(othersAfter, othersBefore, 'the Namespace and the Service');
});
