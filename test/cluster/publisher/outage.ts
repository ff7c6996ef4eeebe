/** The first failure: statsd, which nobody needs, crash-loops in all three pods of a Service. */
import { setTimeout as sleep } from 'node:timers/promises';
import { apply, waitFor } from '../kubectl.ts';
import { startLoad, startLoadPod } from '../load/client.ts';
import { room } from '../load/room.ts';
import { containerOf, podStatus } from '../pod-status.ts';
import { podNames } from '../pods.ts';
import { serviceAddress } from '../service.ts';
import { until } from '../wait.ts';
import { metric } from './deployed.ts';
import { instruct, ordinaryService, publishedService, shopDeployment } from './shop.ts';
import { readyIn, slicesOf } from './slices.ts';

const REPLICAS = 3;
const RATE = 20;
const READY_MS = 120_000;
const SICK_MS = 120_000;

export interface Answered {
  readonly sent: number;
  readonly answered: number;
}

export interface Outage {
  /** Through a Service with a selector. */
  readonly ordinary: Answered;
  /** Through one that the publisher publishes. */
  readonly published: Answered;
  /** How often statsd was started again, since the first crash. */
  readonly crashes: number;
  /** What statsd's crashes had the publisher write. */
  readonly writes: number;
  /** Of the published slices, whether they are as they were before. */
  readonly isUntouched: boolean;
}

/**
 * Both Services have the same pods, and 20 requests a second each, from before the first crash on; those that are begun once
 * statsd has crashed three times in every pod are counted, for so long.
 */
export async function outage(namespace: string, loadMs: number): Promise<Outage> {
  await room();
  await startLoadPod(namespace);
  await apply(
    namespace,
    ordinaryService('ordinary'),
    publishedService('published'),
    shopDeployment(REPLICAS),
  );
  await waitFor(namespace, 'deployment/web', 'condition=Available', READY_MS);
  const pods = await podNames(namespace, 'web');
  const areAllIn = async (): Promise<boolean> =>
    readyIn(await slicesOf(namespace, 'published')).length === REPLICAS;
  await until('all pods are published', areAllIn, { timeoutMs: READY_MS });
  const loads = ['ordinary', 'published'].map(async name => {
    const host = await serviceAddress(namespace, name);
    return startLoad(namespace, name, { host, port: 80, path: '/', rate: RATE, clients: 'new' });
  });
  const [ordinary, published] = await Promise.all(loads);
  const versions = await versionsOf(namespace);
  const written = await metric('podusher_publisher_writes_total');

  for (const pod of pods) await instruct(namespace, pod, '/crash-statsd');
  const isSick = async (): Promise<boolean> => {
    const restarts = await Promise.all(pods.map(pod => restartsOf(namespace, pod)));
    return restarts.every(count => count >= 3);
  };
  await until('statsd crash-loops in every pod', isSick, { timeoutMs: SICK_MS });
  const from = Date.now();
  await sleep(loadMs);

  const outcomes = await Promise.all([ordinary?.stop() ?? [], published?.stop() ?? []]);
  const [ofOrdinary, ofPublished] = outcomes.map(all => {
    const counted = all.filter(({ startedAt }) => startedAt >= from);
    return { sent: counted.length, answered: counted.filter(({ type }) => type === 'ok').length };
  });
  const crashes = (await Promise.all(pods.map(pod => restartsOf(namespace, pod)))).reduce((a, b) => a + b, 0);
  return {
    ordinary: ofOrdinary ?? { sent: 0, answered: 0 },
    published: ofPublished ?? { sent: 0, answered: 0 },
    crashes,
    writes: (await metric('podusher_publisher_writes_total')) - written,
    isUntouched: (await versionsOf(namespace)) === versions,
  };
}

async function restartsOf(namespace: string, pod: string): Promise<number> {
  return containerOf(await podStatus(namespace, pod), 'statsd').restarts;
}

async function versionsOf(namespace: string): Promise<string> {
  const slices = await slicesOf(namespace, 'published');
  return slices.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).join();
}
