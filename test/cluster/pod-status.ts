/** What the API says of a pod. While it terminates, that is little: see K7. */
import { get, kubectl, waitFor } from './kubectl.ts';

const READY_MS = 120_000;
const GONE_MS = 120_000;

/** A container as the API shows it. */
export interface ContainerStatus {
  readonly ready: boolean;
  readonly restarts: number;
  readonly state: 'waiting' | 'running' | 'terminated';
  /** Of its last end, or of its present one; undefined where it has not ended yet. */
  readonly ended: { readonly exitCode: number; readonly reason: string } | undefined;
}

export interface PodStatus {
  readonly uid: string;
  readonly address: string;
  readonly phase: string;
  readonly isDeleted: boolean;
  readonly ready: boolean;
  /** When `Ready` last changed. */
  readonly readySince: string;
  readonly containers: ReadonlyMap<string, ContainerStatus>;
}

/** @returns what the API says of a pod now */
export async function podStatus(namespace: string, name: string): Promise<PodStatus> {
  const { metadata, status } = Object(await get(namespace, 'pod', name));
  const conditions: unknown[] = status.conditions ?? [];
  const ready = conditions.map(Object).find(({ type }) => type === 'Ready');
  const containers: unknown[] = [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
  ];
  return {
    uid: metadata.uid,
    address: status.podIP,
    phase: status.phase,
    isDeleted: metadata.deletionTimestamp !== undefined,
    ready: ready?.status === 'True',
    readySince: ready?.lastTransitionTime,
    containers: new Map(containers.map(Object).map(one => [one.name, containerStatus(one)])),
  };
}

function containerStatus(one: Record<string, unknown>): ContainerStatus {
  const { running, terminated } = Object(one['state']);
  const ended = terminated ?? Object(one['lastState']).terminated;
  return {
    ready: one['ready'] === true,
    restarts: Number(one['restartCount']),
    state: running === undefined ? (terminated === undefined ? 'waiting' : 'terminated') : 'running',
    ended: ended === undefined ? undefined : { exitCode: ended.exitCode, reason: ended.reason },
  };
}

/** @returns a container as the API shows it; fails without one */
export function containerOf(status: PodStatus, name: string): ContainerStatus {
  const container = status.containers.get(name);
  if (container === undefined) throw new Error(`The API shows no container "${name}"`);
  return container;
}

/** Waits until a pod is Ready. */
export function podReady(namespace: string, name: string): Promise<void> {
  return waitFor(namespace, `pod/${name}`, 'condition=Ready', READY_MS);
}

/** Asks for a pod's deletion, and does not wait for it. */
export async function deletePod(namespace: string, name: string, ...more: readonly string[]): Promise<void> {
  await kubectl(['--namespace', namespace, 'delete', 'pod', name, '--wait=false', ...more]);
}

/** Waits until a pod is gone from the API. */
export function podGone(namespace: string, name: string): Promise<void> {
  return waitFor(namespace, `pod/${name}`, 'delete', GONE_MS);
}

/** @returns the reasons and messages of a pod's events; `container`: those of one of its containers */
export async function eventsOf(
  namespace: string,
  pod: string,
  container?: string,
): Promise<readonly { readonly reason: string; readonly message: string }[]> {
  const { items } = Object(await get(namespace, 'events'));
  const events: unknown[] = items;
  return events.map(Object).filter(({ involvedObject: { name, fieldPath = '' } }) => {
    return name === pod && (container === undefined || fieldPath.endsWith(`{${container}}`));
  });
}
