/** Pods behind Services are deleted one after the other, under load from both nodes: what the clients lose. */
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from '../../../agent/rehearse/load/outcome.ts';
import { apply, kubectl } from '../kubectl.ts';
import { type Load, startLoad, startLoadPod } from '../load/client.ts';
import { room } from '../load/room.ts';
import { withNamespace } from '../namespace.ts';
import type { NodeName } from '../nodes.ts';
import { APP_PORT, podTemplate } from '../pod.ts';
import { deletePod, podGone } from '../pod-status.ts';
import { podNames } from '../pods.ts';
import { follow } from '../recorders/witness.ts';
import { grant } from '../rights.ts';
import { serviceAddress } from '../service.ts';
import { ASKING } from './asking.ts';

/** A Service of two pods. */
export interface Variant {
  /** Whether their agents ask the API. */
  readonly api: boolean;
  readonly drainMin: string;
}

export interface Plan {
  readonly variants: readonly Variant[];
  /** Requests a second that come from a node to each Service, each on a connection of its own. */
  readonly rates: Readonly<Record<NodeName, number>>;
  /** Of each. */
  readonly deletions: number;
  /** How long it takes until all kube-proxies have told the kernel, and clients that are not answered know it. */
  readonly settleMs: number;
  /** Right before each deletion. */
  readonly before: () => Promise<void>;
}

/** What one deletion took. */
export interface Drained {
  /** When the first hook came, in ms since the epoch. */
  readonly at: number;
  /** From the first hook to the end of the drain. */
  readonly drainMs: number;
  /** Why the arrivals were taken as ended. */
  readonly because: unknown;
}

/** What became of a variant. */
export interface Withdrawn {
  readonly sent: number;
  readonly lost: readonly Outcome[];
  readonly drained: readonly Drained[];
}

const APP = 'web';
const READY_MS = 120_000;
/** So that arrivals have a rate. */
const BEFORE_MS = 10_000;

/** Node, as process 1, ignores SIGTERM unless told. */
const DIES = `
  require('node:http').createServer((request, response) => {
    setTimeout(() => response.end('ok'), 20);
  }).listen(${APP_PORT});
  process.on('SIGTERM', () => process.exit());`;

/** @returns what became of a variant, in a line. */
export function summaryOf({ api, drainMin }: Variant, { sent, lost, drained }: Withdrawn): string {
  const drains = drained.map(({ at, drainMs, because }) => {
    const after = lost.map(({ startedAt, type }) => ({ ms: startedAt - at, type }));
    const near = after.filter(({ ms }) => ms > -10_000 && ms < 20_000);
    const when = near.map(({ ms, type }) => `${type} ${(ms / 1000).toFixed(1)} s`).join(' ');
    return `${(drainMs / 1000).toFixed(1)} s ${String(because)}${when === '' ? '' : `, lost ${when}`}`;
  });
  const who = `drain-min ${drainMin}${api ? ' --api' : ''}`;
  return `${who}: ${lost.length} of ${sent} lost; drained after ${drains.join('; ')}`;
}

/** Deletes a pod of each variant at a time. @returns in the variants' order */
export async function withdraw(context: TestContext, plan: Plan): Promise<readonly Withdrawn[]> {
  const namespaces = await Promise.all(plan.variants.map(variant => serve(context, variant)));
  const loads = await startLoads(context, namespaces, plan);
  const drained = namespaces.map((): Drained[] => []);
  for (let count = 0; count < plan.deletions; count++) {
    await sleep(Math.max(BEFORE_MS, plan.settleMs));
    await plan.before();
    const round = await Promise.all(namespaces.map(namespace => deleteOne(context, namespace)));
    for (const [index, one] of round.entries()) drained[index]?.push(one);
  }
  await sleep(plan.settleMs);
  const results: Withdrawn[] = [];
  for (const [index, ofVariant] of loads.entries()) {
    const outcomes: Outcome[] = [];
    for (const load of ofVariant) outcomes.push(...(await load.stop()));
    const lost = outcomes.filter(({ type }) => type !== 'ok');
    results.push({ sent: outcomes.length, lost, drained: drained[index] ?? [] });
  }
  return results;
}

/** @returns the namespace of a variant whose pods are there. */
async function serve(context: TestContext, variant: Variant): Promise<string> {
  const { api, drainMin } = variant;
  const namespace = await withNamespace(context, `withdraw-${drainMin}${api ? '-api' : ''}`);
  if (api) await grant(namespace);
  await apply(namespace, ...manifests(variant));
  await available(namespace);
  return namespace;
}

/** @returns each variant's loads, from both nodes. */
async function startLoads(
  context: TestContext,
  namespaces: readonly string[],
  { rates }: Plan,
): Promise<readonly (readonly Load[])[]> {
  const loads = namespaces.map((): Load[] => []);
  await room();
  for (const [nodeName, rate] of Object.entries(rates)) {
    const from = await withNamespace(context, `load-${nodeName}`);
    await startLoadPod(from, { nodeName });
    for (const [index, namespace] of namespaces.entries()) {
      const host = await serviceAddress(namespace, APP);
      const plan = { host, port: 80, path: '/', rate, clients: 'new' } as const;
      loads[index]?.push(await startLoad(from, namespace, plan));
    }
  }
  return loads;
}

async function deleteOne(context: TestContext, namespace: string): Promise<Drained> {
  const [name = ''] = await podNames(namespace, APP);
  const witness = follow(context, namespace, name);
  await deletePod(namespace, name);
  await witness.ended();
  await podGone(namespace, name);
  await available(namespace);
  const { at } = witness.line('hook', 'podusher');
  return {
    at,
    drainMs: witness.line('drained', 'podusher').at - at,
    because: witness.all('arrivals-ended', 'podusher').at(-1)?.more['because'],
  };
}

async function available(namespace: string): Promise<void> {
  const rollout = ['rollout', 'status', `deployment/${APP}`, `--timeout=${READY_MS}ms`];
  await kubectl(['--namespace', namespace, ...rollout], { timeoutMs: READY_MS + 10_000 });
}

function manifests({ api, drainMin }: Variant): readonly object[] {
  const labels = { app: APP };
  const annotations = { 'podusher.dev/drain-min': drainMin };
  const { metadata, spec } = Object(podTemplate({ app: DIES, labels, annotations }));
  const [agent] = spec.initContainers;
  const asking = { automountServiceAccountToken: true, initContainers: [{ ...agent, ...ASKING }] };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: APP },
      spec: { selector: labels, ports: [{ port: 80, targetPort: APP_PORT }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: APP },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata, spec: api ? { ...spec, ...asking } : spec },
      },
    },
  ];
}
