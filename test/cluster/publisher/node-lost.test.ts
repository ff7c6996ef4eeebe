/** A node is gone with all that runs on it: its endpoints leave no later than those of the built-in controller. */
import assert from 'node:assert/strict';
import { atEnd } from '../at-end.ts';
import { setCable } from '../cables.ts';
import { apply, waitFor } from '../kubectl.ts';
import { NODES } from '../machine/place.ts';
import { withNamespace } from '../namespace.ts';
import { testOnNodes } from '../on-nodes.ts';
import { containerOf, podStatus } from '../pod-status.ts';
import { until } from '../wait.ts';
import { withPublisher } from './deployed.ts';
import { instruct, ordinaryService, publishedService, shopPod } from './shop.ts';
import { type SliceWatch, since, watchSlices } from './slices.ts';

const READY_MS = 120_000;
const BACK_MS = 120_000;

/** The controller manager waits 50 s for a node. */
const LOST_MS = 150_000;

/** Whoever writes first is heard first; that much is the machine's. */
const LATE_MS = 2_000;

const GONE = 'node-b';
const STAYS = 'node-a';

/** @returns when the pod was first told as not ready, in ms since the epoch. */
function leftAt(watch: SliceWatch, pod: string, from: number): number {
  const without = since(watch, from).find(({ ready }) => !ready.includes(pod));
  return without?.at ?? Number.POSITIVE_INFINITY;
}

testOnNodes(
  'the endpoints of a lost node leave no later than with the built-in controller',
  async context => {
    await withPublisher(context);
    const namespace = await withNamespace(context, 'node-lost');
    await apply(
      namespace,
      ordinaryService('ordinary'),
      publishedService('published'),
      shopPod('stays', { spec: { nodeName: STAYS } }),
      shopPod('goes', { spec: { nodeName: GONE } }),
      shopPod('sick', { spec: { nodeName: GONE }, statsd: true }),
    );
    const ordinary = watchSlices(context, namespace, 'ordinary');
    const published = watchSlices(context, namespace, 'published');
    await waitFor(namespace, 'pods', 'condition=Ready', READY_MS, '--selector=app=web');
    await instruct(namespace, 'sick', '/crash-statsd');
    const isSick = async (): Promise<boolean> =>
      containerOf(await podStatus(namespace, 'sick'), 'statsd').restarts >= 2 &&
      ordinary.ready.join() === 'goes,stays' &&
      published.ready.join() === 'goes,sick,stays';
    await until('the pod whose statsd is down is published alone', isSick, { timeoutMs: READY_MS });

    const from = Date.now();
    atEnd(context, async () => {
      await setCable(GONE, 'up');
      for (const { name } of NODES) await waitFor('default', `node/${name}`, 'condition=Ready', BACK_MS);
    });
    await setCable(GONE, 'down');
    const areGone = (): boolean => ordinary.ready.join() === 'stays' && published.ready.join() === 'stays';
    await until('its pods are gone from both', areGone, { timeoutMs: LOST_MS });
    const byKubernetes = leftAt(ordinary, 'goes', from) - from;
    const byPublisher = ['goes', 'sick'].map(pod => leftAt(published, pod, from) - from);
    context.diagnostic(
      `After ${byKubernetes} ms by Kubernetes, ${byPublisher.join(' and ')} ms by the publisher`,
    );
    for (const afterMs of byPublisher) assert.ok(afterMs <= byKubernetes + LATE_MS, `${afterMs} ms`);
    for (const { ready } of since(published, from)) assert.ok(ready.includes('stays'));
  },
);
