/** What the sidecars of a few pods cost, while they serve and while they drain. */
import { setTimeout as sleep } from 'node:timers/promises';
import { apply, createNamespace, deleteNamespace, get, kubectl, waitFor } from '../../cluster/kubectl.ts';
import { grant } from '../../cluster/rights.ts';
import { cpuMsOf, type Memory, memoryOf } from '../light/process-figures.ts';
import { type Container, findContainer, workingSetOf } from './cgroup.ts';
import { MEASURED, podOf, type Sidecar } from './manifest.ts';

export interface Figures {
  /** KiB that the kubelet counts: with such pages of files as this container was the first to use. */
  readonly workingSet: number;
  /** KiB. */
  readonly memory: Memory;
  /** Ms of CPU each second. */
  readonly cpu: number;
}

/** Of each pod. */
export interface Costs {
  readonly serving: readonly Figures[];
  /** Undefined for who has no drain. */
  readonly draining: readonly Figures[] | undefined;
}

const READY_MS = 120_000;
/** What a start takes is not to be counted. */
const SETTLE_MS = 15_000;
const SERVING_MS = 30_000;
/** From the deletion, until all hooks have come; then as long as is well within the drain. */
const HOOKS_MS = 5_000;
const DRAINING_MS = 7_000;

const LABELS = { 'pod-security.kubernetes.io/enforce': 'restricted' };

export async function costOf(sidecar: Sidecar, pods: number, signal: AbortSignal): Promise<Costs> {
  const namespace = `bench-pod-${Date.now().toString(36)}`;
  await createNamespace(namespace, LABELS);
  try {
    await grant(namespace);
    const containers = await start(namespace, sidecar, pods);
    await sleep(SETTLE_MS, undefined, { signal });
    const serving = await figuresOf(containers, SERVING_MS, signal);
    if (sidecar === 'bare node:http') return { serving, draining: undefined };
    await kubectl(['--namespace', namespace, 'delete', 'pods', '--all', '--wait=false']);
    await sleep(HOOKS_MS, undefined, { signal });
    return { serving, draining: await figuresOf(containers, DRAINING_MS, signal) };
  } finally {
    await deleteNamespace(namespace);
  }
}

/** Starts one pod, which pays for what all share, then those that are measured. */
async function start(namespace: string, sidecar: Sidecar, pods: number): Promise<readonly Container[]> {
  const names = Array.from({ length: pods }, (_, index) => `pod-${index}`);
  for (const group of [['first'], names]) {
    await apply(namespace, ...group.map(name => podOf(sidecar, name)));
    for (const name of group) await waitFor(namespace, `pod/${name}`, 'condition=Ready', READY_MS);
  }
  const { items } = Object(await get(namespace, 'pods'));
  const list: unknown[] = items;
  return list
    .map(Object)
    .filter(({ metadata }) => names.includes(metadata.name))
    .map(({ status }) => findContainer(idIn(status.initContainerStatuses)));
}

function idIn(statuses: readonly unknown[]): string {
  const status = statuses.map(Object).find(({ name }) => name === MEASURED);
  return String(status?.containerID).replace(/^containerd:\/\//u, '');
}

async function figuresOf(
  containers: readonly Container[],
  ms: number,
  signal: AbortSignal,
): Promise<readonly Figures[]> {
  const before = containers.map(({ pid }) => ({ at: performance.now(), cpuMs: cpuMsOf(pid) }));
  await sleep(ms, undefined, { signal });
  return containers.map(({ pid, folder }, index) => {
    const { at = Number.NaN, cpuMs = Number.NaN } = before[index] ?? {};
    const cpu = (cpuMsOf(pid) - cpuMs) / ((performance.now() - at) / 1000);
    return { workingSet: workingSetOf(folder), memory: memoryOf(pid), cpu };
  });
}
