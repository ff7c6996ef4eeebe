/** The publisher is killed, cut off from the API and paused: no ready endpoint is lost, no dead one is added. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { apply, kubectl, waitFor } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { testOnNodes } from '../on-nodes.ts';
import { until } from '../wait.ts';
import { leader, replicas, withPublisher } from './deployed.ts';
import { partition, signal, stopProcess } from './process.ts';
import { instruct, publishedService, shopPod } from './shop.ts';
import { type SliceWatch, since, watchSlices } from './slices.ts';

const READY_MS = 120_000;
const AT_REST_MS = 30_000;

/** A Lease of 5 s, which the standby looks at twice a second, and its first write. */
const TAKEN_OVER_MS = 7_000;
const RETURNED_MS = 2_000;
const AWAY_MS = 15_000;
const PAUSED_MS = 60_000;

interface Shop {
  readonly namespace: string;
  readonly watch: SliceWatch;
}

/** Starts a Service of the publisher's with three ready pods. */
async function startShop(context: TestContext, name: string): Promise<Shop> {
  const namespace = await withNamespace(context, name);
  const pods = ['web-1', 'web-2', 'web-3'];
  await apply(namespace, publishedService('web'), ...pods.map(pod => shopPod(pod)));
  const watch = watchSlices(context, namespace, 'web');
  await untilReady(watch, pods);
  return { namespace, watch };
}

/** @returns when it was heard of, in ms since the epoch. */
async function untilReady(watch: SliceWatch, pods: readonly string[], timeoutMs = READY_MS): Promise<number> {
  const isReady = (): boolean => watch.ready.join() === pods.join();
  await until(`${pods.join()} are ready in the slices`, isReady, { timeoutMs, everyMs: 10 });
  return watch.seen.at(-1)?.at ?? 0;
}

/** Waits until the API says so of a pod. @returns when, in ms since the epoch. */
async function untilPod(namespace: string, pod: string, is: 'True' | 'False'): Promise<number> {
  await waitFor(namespace, `pod/${pod}`, `condition=Ready=${is}`, AT_REST_MS);
  return Date.now();
}

/** Of all that was seen since then, none lacks a pod that was ready all along, and none has one that was not. */
function assertKept(
  watch: SliceWatch,
  from: number,
  kept: readonly string[],
  allowed: readonly string[],
): void {
  const story = JSON.stringify(since(watch, from));
  for (const { ready } of since(watch, from)) {
    assert.deepEqual(
      kept.filter(pod => !ready.includes(pod)),
      [],
      `lost: ${story}`,
    );
    assert.deepEqual(
      ready.filter(pod => !allowed.includes(pod)),
      [],
      `added: ${story}`,
    );
  }
}

/** The kubelet would end a paused process before the minute is over. */
const WITHOUT_LIVENESS = { livenessProbe: null };

testOnNodes('while the publisher fails', async context => {
  await withPublisher(context, WITHOUT_LIVENESS);

  await context.test('killed: the standby writes within 7 s', async inner => {
    const { namespace, watch } = await startShop(inner, 'killed');
    const { node } = await leader();
    const from = Date.now();
    await signal(node, 'KILL');
    await instruct(namespace, 'web-1', '/unready');
    const wentAt = await untilReady(watch, ['web-2', 'web-3'], AT_REST_MS);
    inner.diagnostic(`The first write came ${wentAt - from} ms after the kill`);
    assert.ok(wentAt - from < TAKEN_OVER_MS, `${wentAt - from} ms`);
    assertKept(watch, from, ['web-2', 'web-3'], ['web-1', 'web-2', 'web-3']);
  });

  await context.test('cut off, its leader alone: the other takes over', async inner => {
    const { namespace, watch } = await startShop(inner, 'cut-off');
    const first = await leader();
    const from = Date.now();
    const mend = await partition(inner, [first]);
    await instruct(namespace, 'web-1', '/unready');
    const wentAt = await untilReady(watch, ['web-2', 'web-3'], AT_REST_MS);
    inner.diagnostic(`The other's first write came ${wentAt - from} ms after the cut`);
    assert.ok(wentAt - from < TAKEN_OVER_MS, `${wentAt - from} ms`);
    assert.notEqual((await leader()).pod, first.pod);
    await mend();
    assertKept(watch, from, ['web-2', 'web-3'], ['web-1', 'web-2', 'web-3']);
  });

  await context.test(
    'cut off, both: the slices stay, and are right within 2 s of the return',
    async inner => {
      const { namespace, watch } = await startShop(inner, 'away');
      const from = Date.now();
      const mend = await partition(inner, await replicas());
      await instruct(namespace, 'web-1', '/unready');
      await untilPod(namespace, 'web-1', 'False');
      await sleep(AWAY_MS);
      assert.deepEqual(watch.ready, ['web-1', 'web-2', 'web-3'], 'without a publisher nothing changes');
      await mend();
      const returnedAt = Date.now();
      const rightAt = await untilReady(watch, ['web-2', 'web-3'], AT_REST_MS);
      inner.diagnostic(`Right ${rightAt - returnedAt} ms after the return`);
      assert.ok(rightAt - returnedAt < RETURNED_MS, `${rightAt - returnedAt} ms`);
      assertKept(watch, from, ['web-2', 'web-3'], ['web-1', 'web-2', 'web-3']);
    },
  );

  await context.test('paused for a minute and let go: what it knew before is not written', async inner => {
    const { namespace, watch } = await startShop(inner, 'paused');
    const { node } = await leader();
    await stopProcess(inner, node);
    const from = Date.now();
    await instruct(namespace, 'web-1', '/unready');
    await untilReady(watch, ['web-2', 'web-3'], AT_REST_MS);
    await kubectl(['--namespace', namespace, 'delete', 'pod', 'web-2']);
    await apply(namespace, shopPod('web-4'));
    const rightAt = await untilReady(watch, ['web-3', 'web-4'], AT_REST_MS);
    await sleep(Math.max(0, from + PAUSED_MS - Date.now()));
    await signal(node, 'CONT');
    await sleep(AWAY_MS);
    assertKept(watch, rightAt, ['web-3', 'web-4'], ['web-3', 'web-4']);
    await instruct(namespace, 'web-1', '/ready');
    await untilReady(watch, ['web-1', 'web-3', 'web-4'], AT_REST_MS);
  });
});
