/** The end of a rehearsed pod, on the cluster. */
import { setTimeout as sleep } from 'node:timers/promises';
import { entryOf } from '../../../agent/rehearse/agent-log.ts';
import type { Entry } from '../../../lib/timeline/entry.ts';
import { inOrder } from '../../../lib/timeline/order.ts';
import { apply, waitFor } from '../kubectl.ts';
import { kubeletEntriesOf } from '../kubelet-log.ts';
import { startLoad, startLoadPod } from '../load/client.ts';
import { room } from '../load/room.ts';
import { deletePod, podGone } from '../pod-status.ts';
import { firstPod, followKubelet, followLog } from '../rails-auth/ending.ts';
import { NAME } from '../rails-auth/manifests.ts';
import { serviceAddress } from '../service.ts';
import { forCluster } from './manifest.ts';

/** As `podusher rehearse` sends, unless told. */
const RATE = 20;

/** A pod that is deleted within two seconds of its readiness gets SIGTERM late; and arrivals need a rate. */
const BEFORE_MS = 10_000;
const READY_MS = 90_000;
/** The kubelet logs what it did last when the API has let the pod go. */
const AFTER_MS = 1_000;

/** Starts two pods in an empty namespace, sends them requests on new connections, and deletes one. @returns what it did */
export async function endOnCluster(namespace: string, manifest: string): Promise<readonly Entry[]> {
  await room();
  await startLoadPod(namespace);
  await apply(namespace, ...forCluster(manifest, NAME));
  await waitFor(namespace, `deployment/${NAME}`, 'condition=Available', READY_MS);
  const host = await serviceAddress(namespace, NAME);
  const load = await startLoad(namespace, 'new', { host, port: 80, path: '/', rate: RATE, clients: 'new' });
  await sleep(BEFORE_MS);
  const pod = await firstPod(namespace);
  const kubeletLog = await followKubelet(pod.node);
  const agentLog = followLog(namespace, pod.name, 'podusher');
  await deletePod(namespace, pod.name);
  await podGone(namespace, pod.name);
  await load.stop();
  await sleep(AFTER_MS);
  const kubelet = kubeletEntriesOf((await kubeletLog()) ?? '', { namespace, ...pod }, Date.now());
  const agent = (await agentLog).split('\n').flatMap(line => entryOf(line) ?? []);
  return inOrder([...kubelet.map(entry => ({ actor: 'kubelet' as const, ...entry })), ...agent]);
}
