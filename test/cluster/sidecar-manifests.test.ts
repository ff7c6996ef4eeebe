/** The kustomize components and the example's manifests, by kubectl and before a real API server. */
import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import * as v from 'valibot';
import { documentsOf, ROOT, templateOf, textOf } from '../examples/documents.ts';
import { atEnd } from './at-end.ts';
import { kubectl } from './kubectl.ts';
import { withNamespace } from './namespace.ts';

const EXAMPLE = 'examples/rails-auth/cluster';

/** @returns what kubectl makes of a kustomization. */
function kustomize(folder: string): Promise<string> {
  return kubectl(['kustomize', folder]);
}

const Kind = v.looseObject({ kind: v.string() });

/** @returns the documents by their kind, of which there is one each. */
function byKind(text: string): Record<string, unknown> {
  return Object.fromEntries(documentsOf(text).map(document => [v.parse(Kind, document).kind, document]));
}

/** What the restricted standard asks of the example's own containers, which are the reader's to write. */
const RESTRICTED = {
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** @returns the plain manifest, whose containers but podusher meet the restricted standard. */
function restricted(plain: string): string {
  const [deployment] = documentsOf(plain).map(Object);
  for (const container of deployment.spec.template.spec.containers)
    if (container.name !== 'podusher') container.securityContext = RESTRICTED;
  return JSON.stringify(deployment);
}

/** @returns the folder of a kustomization that puts a component into the plain manifest without its podusher. */
async function withComponent(
  context: TestContext,
  component: string,
  plain: string,
  kind: string,
): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'podusher-kustomize-')));
  atEnd(context, () => rm(folder, { recursive: true }));
  const { metadata, spec } = Object(documentsOf(plain)[0]);
  const { initContainers: _, ...template } = templateOf(plain).spec;
  const { 'podusher.dev/native-sidecars': __, ...annotations } = templateOf(plain).metadata.annotations;
  const pod = {
    ...template,
    containers: template.containers.filter(({ name }) => name !== 'podusher'),
    volumes: template.volumes.filter(({ name }) => name !== 'podinfo'),
  };
  const bare = { metadata: { ...templateOf(plain).metadata, annotations }, spec: pod };
  const shop = { apiVersion: 'apps/v1', kind, metadata, spec: { ...spec, template: bare } };
  const path = relative(folder, await realpath(join(ROOT, 'deploy/sidecar', component)));
  await writeFile(join(folder, 'shop.yaml'), JSON.stringify(shop));
  await writeFile(
    join(folder, 'kustomization.yaml'),
    JSON.stringify({ resources: ['shop.yaml'], components: [path] }),
  );
  return folder;
}

for (const component of ['native', 'ordinary']) {
  for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet']) {
    test(`the ${component} component makes ${component}.yaml of a ${kind} without podusher`, async context => {
      const plain = textOf(`deploy/sidecar/${component}.yaml`);
      const made = await kustomize(await withComponent(context, component, plain, kind));
      const wanted = documentsOf(plain).map(document => ({ ...Object(document), kind }));
      assert.deepEqual(documentsOf(made), wanted);
    });
  }
}

test("the example's kustomization makes with.yaml", async () => {
  const made = await kustomize(join(ROOT, EXAMPLE, 'with'));
  assert.deepEqual(byKind(made), byKind(textOf(join(EXAMPLE, 'with.yaml'))));
});

test('the API server accepts them all, and podusher under the restricted standard', async context => {
  const namespace = await withNamespace(context, 'manifests');
  for (const folder of ['without', 'with', 'statsd-without', 'statsd-with']) {
    await tryToApply(namespace, await kustomize(join(ROOT, EXAMPLE, folder)));
  }
  for (const file of ['native.yaml', 'ordinary.yaml'])
    await tryToApply(namespace, restricted(textOf(`deploy/sidecar/${file}`)));
});

/** Of pods that the namespace's standard would refuse, the API server warns. */
async function tryToApply(namespace: string, text: string): Promise<void> {
  const input = text.replaceAll(/^ {2}namespace: rails-auth$/gmu, `  namespace: ${namespace}`);
  const checks = ['--dry-run=server', '--validate=strict', '--warnings-as-errors'];
  const command = ['apply', ...checks, '--filename', '-'];
  const accepted = await kubectl(['--namespace', namespace, ...command], { input });
  assert.match(accepted, /deployment\.apps\/(?:shop|rails-auth) created/u);
}
