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

/** @returns the folder of a kustomization that puts a component into the plain manifest without its podusher. */
async function withComponent(context: TestContext, component: string, plain: string): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'podusher-kustomize-')));
  atEnd(context, () => rm(folder, { recursive: true }));
  const { kind, metadata, spec } = Object(documentsOf(plain)[0]);
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
  test(`the ${component} component makes ${component}.yaml of the pod without podusher`, async context => {
    const plain = textOf(`deploy/sidecar/${component}.yaml`);
    const made = await kustomize(await withComponent(context, component, plain));
    assert.deepEqual(documentsOf(made), documentsOf(plain));
  });
}

test("the example's kustomization makes with.yaml", async () => {
  const made = await kustomize(join(ROOT, EXAMPLE, 'with'));
  assert.deepEqual(byKind(made), byKind(textOf(join(EXAMPLE, 'with.yaml'))));
});

test('the API server accepts them all, the example under the restricted standard', async context => {
  const namespace = await withNamespace(context, 'manifests');
  for (const folder of ['without', 'with', 'statsd-without', 'statsd-with']) {
    const made = await kustomize(join(ROOT, EXAMPLE, folder));
    // Of pods that the standard would refuse, it warns.
    await tryToApply(namespace, made, '--warnings-as-errors');
  }
  for (const file of ['native.yaml', 'ordinary.yaml'])
    await tryToApply(namespace, textOf(`deploy/sidecar/${file}`));
});

async function tryToApply(namespace: string, text: string, ...flags: readonly string[]): Promise<void> {
  const input = text.replaceAll(/^ {2}namespace: rails-auth$/gmu, `  namespace: ${namespace}`);
  const command = ['apply', '--dry-run=server', '--validate=strict', ...flags, '--filename', '-'];
  const accepted = await kubectl(['--namespace', namespace, ...command], { input });
  assert.match(accepted, /deployment\.apps\/(?:shop|rails-auth) created/u);
}
