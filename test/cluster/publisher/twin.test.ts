/**
 * Two Services over the same pods, one published by the built-in controller, one by the publisher, and every container
 * critical: whenever all is at rest, they have the same endpoints. `PODUSHER_TEST_SEED` tells the same history again.
 */
import assert from 'node:assert/strict';
import * as v from 'valibot';
import { atEnd } from '../at-end.ts';
import { apply, get, kubectl } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { testOnNodes } from '../on-nodes.ts';
import { until } from '../wait.ts';
import { withPublisher } from './deployed.ts';
import { DEEDS, publishesUnready, randomFrom, SERVICES } from './history.ts';
import { ordinaryService, publishedService, shopPod } from './shop.ts';
import { type Ready, readyIn, type Slice, slicesOf } from './slices.ts';

const ROUNDS = 30;
const DEEDS_EACH = 3;
const REST_MS = 60_000;

/** @returns what a slice tells of each endpoint: its ports, its labels but for those that say whose it is. */
function toldOf({ metadata, addressType, ports, endpoints }: Slice): readonly string[] {
  const { labels } = metadata;
  const { 'kubernetes.io/service-name': _, 'endpointslice.kubernetes.io/managed-by': __, ...others } = labels;
  const common = { others: sorted(others), ports: ports.map(sorted), addressType };
  return endpoints.map(endpoint => JSON.stringify({ endpoint: sorted(endpoint), ...common }));
}

/** The same keys in the same order, all the way down. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => a.localeCompare(b));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

const PodsSchema = v.object({
  items: v.array(
    v.object({
      metadata: v.object({ name: v.string(), deletionTimestamp: v.optional(v.string()) }),
      status: v.object({
        phase: v.string(),
        podIP: v.optional(v.string()),
        conditions: v.optional(v.array(v.object({ type: v.string(), status: v.string() })), []),
      }),
    }),
  ),
});

/** @returns who is to be ready, by the pods themselves. */
async function readyByPods(namespace: string): Promise<Ready> {
  const { items } = v.parse(PodsSchema, await get(namespace, 'pods', '--selector=app=web'));
  const isAnyReady = await publishesUnready(namespace);
  const ready = items.filter(({ metadata, status: { phase, podIP, conditions } }) => {
    if (phase === 'Failed' || phase === 'Succeeded' || podIP === undefined) return false;
    const isReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
    return isAnyReady || (isReady && metadata.deletionTimestamp === undefined);
  });
  return ready.map(({ metadata }) => metadata.name).toSorted((a, b) => a.localeCompare(b));
}

/** Holds when both tell the same, and what the pods tell. */
async function areTwins(namespace: string): Promise<boolean> {
  const [ordinary = [], published = []] = await Promise.all(SERVICES.map(name => slicesOf(namespace, name)));
  const [a, b] = [ordinary, published].map(slices =>
    slices.flatMap(toldOf).toSorted((one, other) => one.localeCompare(other)),
  );
  assert.deepEqual(b, a);
  assert.deepEqual(readyIn(ordinary), await readyByPods(namespace));
  return true;
}

testOnNodes(
  'two Services over the same pods have the same endpoints whenever all is at rest',
  async context => {
    const seed = Number(process.env['PODUSHER_TEST_SEED'] ?? Date.now() % 1_000_000);
    context.diagnostic(`PODUSHER_TEST_SEED=${seed}`);
    const random = randomFrom(seed);
    await withPublisher(context);
    const namespace = await withNamespace(context, 'twin');
    atEnd(context, () => kubectl(['uncordon', 'node-a', 'node-b']));
    const pods = ['web-1', 'web-2', 'web-3'].map(name => shopPod(name));
    await apply(namespace, ordinaryService('ordinary'), publishedService('published'), ...pods);
    const done: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (let count = 0; count < DEEDS_EACH; count++) {
        const [what, deed] = DEEDS[random(DEEDS.length)] ?? assert.fail();
        done.push(what);
        await deed(namespace, random);
      }
      await until(`the same after ${done.join(', ')}`, () => areTwins(namespace), { timeoutMs: REST_MS });
    }
  },
);
