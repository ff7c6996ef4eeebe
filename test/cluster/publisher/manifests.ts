/** deploy/publisher before a real API server: as kustomize has it, for some namespaces alone, and what its policy refuses. */
import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { TestContext } from 'node:test';
import { MANAGED_BY, MANAGER, SERVICE_NAME } from '../../../lib/publisher/slice.ts';
import { documentsOf, ROOT, textOf } from '../../examples/documents.ts';
import { atEnd } from '../at-end.ts';
import { kubectl } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { CommandFailed } from '../run.ts';
import { PUBLISHER } from './deployed.ts';

const FOLDER = 'deploy/publisher';
const ACCOUNT = `--as=system:serviceaccount:${PUBLISHER}:${PUBLISHER}`;

/** @returns documents by their kind and name. */
function named(text: string): ReadonlyMap<string, unknown> {
  return new Map(documentsOf(text).map(one => [`${Object(one).kind} ${Object(one).metadata.name}`, one]));
}

export async function kustomized(): Promise<void> {
  const made = await kubectl(['kustomize', join(ROOT, FOLDER)]);
  assert.deepEqual(named(made), named(textOf(join(FOLDER, 'publisher.yaml'))));
}

/** @returns the first YAML of deploy/publisher/README.md with such a text. */
function yamlWith(text: string): string {
  const blocks = textOf(join(FOLDER, 'README.md')).match(/(?<=^```yaml\n).*?(?=^```$)/gmsu) ?? [];
  const found = blocks.find(block => block.includes(text));
  assert.ok(found !== undefined, `deploy/publisher/README.md has YAML with "${text}"`);
  return found;
}

/** @returns what kustomize makes of it; beside it are the files, and this repository, `podusher`. */
async function kustomize(
  context: TestContext,
  kustomization: string,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'podusher-kustomize-')));
  atEnd(context, () => rm(folder, { recursive: true }));
  const path = relative(folder, await realpath(ROOT));
  const own = { 'kustomization.yaml': kustomization.replaceAll('podusher/deploy', `${path}/deploy`) };
  for (const [name, text] of Object.entries({ ...own, ...files })) await writeFile(join(folder, name), text);
  return kubectl(['kustomize', folder]);
}

/** @returns what of publisher.yaml is not there. */
function missingIn(made: string): string[] {
  const after = named(made);
  return [...named(textOf(join(FOLDER, 'publisher.yaml'))).keys()].filter(one => !after.has(one));
}

export async function withoutPolicies(context: TestContext): Promise<void> {
  const documented = `${yamlWith('newTag:')}${yamlWith('$patch: delete')}`;
  const made = await kustomize(context, documented);
  const policies = ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'];
  assert.deepEqual(
    missingIn(made),
    policies.map(kind => `${kind} ${PUBLISHER}`),
  );
}

export async function someNamespaces(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'some');
  const kustomization = yamlWith('components:').replace('value: "shop"', `value: "${namespace}"`);
  const binding = yamlWith('kind: RoleBinding').replace('namespace: shop', `namespace: ${namespace}`);
  const made = await kustomize(context, kustomization, { 'shop.yaml': binding });
  const after = named(made);
  assert.deepEqual(missingIn(made), [`ClusterRoleBinding ${PUBLISHER}`]);
  const { spec } = Object(after.get(`Deployment ${PUBLISHER}`)).spec.template;
  assert.deepEqual(spec.containers[0].env, [{ name: 'PODUSHER_NAMESPACES', value: namespace }]);
  // The namespace that it goes into warns of pods that the restricted standard would refuse.
  const checks = ['--dry-run=server', '--validate=strict', '--warnings-as-errors'];
  const command = ['apply', ...checks, '--filename', '-'];
  const accepted = await kubectl(command, { input: made });
  assert.match(accepted, new RegExp(`^deployment\\.apps/${PUBLISHER} `, 'mu'));
}

async function refusal(namespace: string, ...args: readonly string[]): Promise<string> {
  try {
    await kubectl(['--namespace', namespace, ACCOUNT, ...args]);
    return '';
  } catch (error) {
    if (error instanceof CommandFailed) return error.ended.stderr;
    throw error;
  }
}

function sliceOf(name: string, manager: string | undefined): string {
  const labels = { [SERVICE_NAME]: 'web', ...(manager !== undefined && { [MANAGED_BY]: manager }) };
  const metadata = { name, labels };
  const kind = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' };
  return JSON.stringify({ ...kind, metadata, addressType: 'IPv4', endpoints: [] });
}

/** As the publisher's service account it is tried to write what is not the publisher's. */
export async function policy(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'policy');
  const create = (text: string, ...as: readonly string[]): Promise<string> =>
    kubectl(['--namespace', namespace, ...as, 'create', '--filename', '-'], { input: text });
  const relabel = (name: string, manager: string): Promise<string> => {
    const patch = JSON.stringify({ metadata: { labels: { [MANAGED_BY]: manager } } });
    return refusal(namespace, 'patch', 'endpointslice', name, '--type=merge', '--patch', patch);
  };
  await create(sliceOf('own', MANAGER), ACCOUNT);
  await create(sliceOf('other', 'somebody'));
  await create(sliceOf('nobodys', undefined));
  for (const manager of ['somebody', undefined]) {
    await assert.rejects(
      create(sliceOf('new', manager), ACCOUNT),
      /publisher writes EndpointSlices labelled/u,
    );
  }
  for (const name of ['other', 'nobodys']) {
    assert.match(await relabel(name, MANAGER), /denied request/u, `taken over: ${name}`);
    assert.match(await refusal(namespace, 'delete', 'endpointslice', name), /denied request/u, name);
  }
  assert.match(await relabel('own', 'somebody'), /denied request/u);
  assert.equal(await refusal(namespace, 'delete', 'endpointslice', 'own'), '');
  for (const what of ['secrets', 'services', 'pods']) {
    assert.match(await refusal(namespace, 'delete', what, 'any'), /forbidden/u, what);
  }
}
