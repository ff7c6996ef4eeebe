/** The publisher on the cluster, as deploy/publisher has it. */
import type { TestContext } from 'node:test';
import * as v from 'valibot';
import { documentsOf, textOf } from '../../examples/documents.ts';
import { atEnd } from '../at-end.ts';
import { AGENT_IMAGE } from '../images.ts';
import {
  apply,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  podGet,
  podLogs,
  waitFor,
} from '../kubectl.ts';
import type { NodeName } from '../nodes.ts';
import { AGENT_PORT } from '../pod.ts';
import { until } from '../wait.ts';
import { whatHappenedIn } from '../what-happened.ts';

/** Its namespace, and the name of all that it consists of. */
export const PUBLISHER = 'podusher-publisher';

const READY_MS = 120_000;
const LEADS_MS = 30_000;

const DeploymentSchema = v.looseObject({
  kind: v.literal('Deployment'),
  spec: v.looseObject({
    template: v.looseObject({
      spec: v.looseObject({ containers: v.tuple([v.looseObject({ name: v.string() })]) }),
    }),
  }),
});

const MANIFESTS = documentsOf(textOf('deploy/publisher/publisher.yaml'));

/** Deploys it; it is gone when the test has ended. @param more other fields of its container */
export async function withPublisher(context: TestContext, more: object = {}): Promise<void> {
  atEnd(context, async () => {
    if (Object(context).passed === false) context.diagnostic(await whatItSaid());
    await removePublisher();
  });
  await deployPublisher(more);
}

/** Deploys it; one of its two leads when this returns. */
export async function deployPublisher(more: object = {}): Promise<void> {
  await createNamespace(PUBLISHER, {});
  await apply(PUBLISHER, ...MANIFESTS.map(one => adapted(one, more)));
  await waitFor(PUBLISHER, `deployment/${PUBLISHER}`, 'jsonpath={.status.readyReplicas}=2', READY_MS);
  await until('one of them leads', async () => (await leader()).pod !== '', { timeoutMs: LEADS_MS });
}

export async function removePublisher(): Promise<void> {
  const texts = MANIFESTS.filter(one => Object(one).metadata.namespace === undefined).map(one =>
    JSON.stringify(one),
  );
  // The namespace is deleted with all that is in it, and waited for.
  const input = texts.filter(text => !text.includes('"kind":"Namespace"')).join('\n---\n');
  await kubectl(['delete', '--ignore-not-found', '--filename', '-'], { input });
  await deleteNamespace(PUBLISHER);
}

function adapted(manifest: unknown, more: object): object {
  if (!v.is(DeploymentSchema, manifest)) return Object(manifest);
  const { spec, ...rest } = manifest;
  const { template } = spec;
  const containers = template.spec.containers.map(one => ({ ...one, image: AGENT_IMAGE, ...more }));
  return {
    ...rest,
    spec: { ...spec, template: { ...template, spec: { ...template.spec, containers } } },
  };
}

const LeaseSchema = v.object({ spec: v.object({ holderIdentity: v.optional(v.string(), '') }) });
const PodSchema = v.object({
  metadata: v.object({ name: v.string() }),
  spec: v.object({ nodeName: v.picklist(['node-a', 'node-b']) }),
});

/** One of the two. */
export interface Replica {
  readonly pod: string;
  readonly node: NodeName;
}

/** @returns who leads by the Lease. */
export async function leader(): Promise<Replica> {
  const { spec } = v.parse(LeaseSchema, await get(PUBLISHER, 'lease', PUBLISHER));
  const [pod = ''] = spec.holderIdentity.split('_');
  return { pod, node: v.parse(PodSchema, await get(PUBLISHER, 'pod', pod)).spec.nodeName };
}

/** @returns both. */
export async function replicas(): Promise<readonly Replica[]> {
  const { items } = v.parse(v.object({ items: v.array(PodSchema) }), await get(PUBLISHER, 'pods'));
  return items.map(({ metadata, spec }) => ({ pod: metadata.name, node: spec.nodeName }));
}

/** @returns the sum of a metric of the leader's, over all labels or those that are told: `{verb="create"`. */
export async function metric(name: string, labels = ''): Promise<number> {
  const text = await podGet(PUBLISHER, (await leader()).pod, AGENT_PORT, '/metrics');
  const lines = text.split('\n').filter(line => line.startsWith(`${name}${labels}`));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function whatItSaid(): Promise<string> {
  const logs = (await replicas()).map(async ({ pod }) => {
    const log = await podLogs(PUBLISHER, pod, 'publisher').catch((error: unknown) => String(error));
    return `${pod}:\n${log.split('\n').slice(-40).join('\n')}`;
  });
  return [await whatHappenedIn(PUBLISHER), ...(await Promise.all(logs))].join('\n');
}
