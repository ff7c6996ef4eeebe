/** A pod of the example, ended under load. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { apply, get, isOurs, kubectl, waitFor } from '../kubectl.ts';
import { type Load, startLoad, startLoadPod } from '../load/client.ts';
import type { Clients } from '../load/plan.ts';
import { room } from '../load/room.ts';
import { LOGS } from '../machine/place.ts';
import { serviceAddress } from '../service.ts';
import { watch } from '../watch.ts';
import { manifestsOf, NAME, type Variant } from './manifests.ts';
import { type Told, toldOf } from './told.ts';

/** Of either kind of client. */
const RATE = 20;

/** A pod that is deleted within two seconds of its readiness gets SIGTERM late; and arrivals need a rate. */
const BEFORE_MS = 10_000;
/** Beyond the pod's end, to see what comes of it. */
const AFTER_MS = 3_000;

const READY_MS = 90_000;
const GONE_MS = 90_000;

/**
 * Starts the example in an empty namespace and sends it 20 requests a second on new connections and 20 on kept ones;
 * then ends one pod: of several, by deleting it; an only one, by asking for none, so that nobody takes its place.
 */
export async function endPod(namespace: string, variant: Variant): Promise<Told> {
  await room();
  await startLoadPod(namespace);
  await apply(namespace, ...manifestsOf(variant));
  await waitFor(namespace, `deployment/${NAME}`, 'condition=Available', READY_MS);
  const pod = await firstPod(namespace);
  const host = await serviceAddress(namespace, NAME);
  const start = (clients: Clients): Promise<Load> =>
    startLoad(namespace, clients, { host, port: 80, path: '/', rate: RATE, clients });
  const loads = { new: await start('new'), kept: await start('kept') };
  await sleep(BEFORE_MS);
  const kubeletLog = await followKubelet(pod.node);
  const agentLog = variant.podusher ? followLog(namespace, pod.name, 'podusher') : Promise.resolve('');
  const states = await watch(namespace, 'pod', pod.name);
  try {
    const isReplaced = variant.replicas > 1;
    const deletedAt = Date.now();
    await kubectl(['--namespace', namespace, ...(isReplaced ? deleting(pod.name) : SCALING_DOWN)]);
    await waitFor(namespace, `pod/${pod.name}`, 'delete', GONE_MS);
    await sleep(AFTER_MS);
    const [ofNew, ofKept] = await Promise.all([loads.new.stop(), loads.kept.stop()]);
    return toldOf({
      pod: { namespace, ...pod },
      outcomes: { new: ofNew, kept: ofKept },
      kubeletLog: await kubeletLog(),
      agentLog: await agentLog,
      states: await states.stop(),
      deletedAt,
      isReplaced,
      now: Date.now(),
    });
  } finally {
    await states.stop();
  }
}

const SCALING_DOWN = ['scale', `deployment/${NAME}`, '--replicas=0'];

function deleting(pod: string): readonly string[] {
  return ['delete', 'pod', pod, '--wait=false'];
}

/** @returns what tells the node's kubelet's log from here on; null where the node is not ours. */
export async function followKubelet(node: string): Promise<() => Promise<string | null>> {
  if (!isOurs) return async () => null;
  const log = join(LOGS, node, 'kubelet.log');
  const { size } = await stat(log);
  return async () => (await readFile(log)).subarray(size).toString();
}

/** It ends when the container does. */
export function followLog(namespace: string, pod: string, container: string): Promise<string> {
  const follow = ['--namespace', namespace, 'logs', '--follow', pod, '--container', container];
  const log = kubectl(follow, { timeoutMs: GONE_MS + AFTER_MS });
  // It is awaited unless something else fails before.
  log.catch(() => {});
  return log;
}

const PodsSchema = v.object({
  items: v.array(
    v.object({
      metadata: v.object({ name: v.string(), uid: v.string() }),
      spec: v.object({ nodeName: v.string(), terminationGracePeriodSeconds: v.number() }),
    }),
  ),
});

export interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly gracePeriodMs: number;
}

/** @returns one of the pods labelled `app=rails-auth`. */
export async function firstPod(namespace: string): Promise<Pod> {
  const { items } = v.parse(PodsSchema, await get(namespace, 'pods', '--selector', `app=${NAME}`));
  const [first] = items;
  if (first === undefined) throw new Error(`There is no pod of "${NAME}"`);
  const { metadata, spec } = first;
  const gracePeriodMs = spec.terminationGracePeriodSeconds * 1000;
  return { name: metadata.name, uid: metadata.uid, node: spec.nodeName, gracePeriodMs };
}
