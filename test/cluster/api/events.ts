/** Events on the pod: `kubectl describe pod` tells its story. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import * as v from 'valibot';
import { get, kubectl } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { deletePod, podGone } from '../pod-status.ts';
import { say } from '../recorders/recorder.ts';
import { told } from '../recorders/witness.ts';
import { grant, RULES } from '../rights.ts';
import { startRequest } from '../ushered/ending.ts';
import { statusOf } from '../ushered/status.ts';
import { WEB_PORT } from '../ushered/ushered.ts';
import { until } from '../wait.ts';
import { said, startAsking } from './asking.ts';
import { assertOrder } from './in-order.ts';

const EventsSchema = v.object({
  items: v.array(
    v.object({
      metadata: v.object({ name: v.string() }),
      involvedObject: v.object({ kind: v.string(), name: v.string() }),
      source: v.object({ component: v.optional(v.string()) }),
      type: v.string(),
      reason: v.string(),
      message: v.string(),
    }),
  ),
});

/**
 * What a termination is told by, in order; what others tell may come between. That the agent leaves comes after them: it
 * is not waited for, and a slow machine loses it.
 */
const STORY = [
  'Ready',
  'DeletionTold',
  'PreStopHookCalled',
  'PodTerminates',
  'NewConnectionsEnded',
  'Drained',
  'ContainerReleased',
  'ContainerStopped',
  'ContainerReleased',
  'ContainerStopped',
];

/** What may be written at once, and one more each 10 s (`agent/kubernetes/event-writer.ts`). */
const BURST = 50;
const FLOOD_MS = 180_000;

/** A request that keeps the pod while it is asked about. */
const REQUEST_MS = 15_000;

export async function described(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'api-described');
  await grant(namespace);
  const witness = await startAsking(context, namespace);
  await startRequest(namespace, REQUEST_MS);
  await witness.seen('request', 'web');
  await deletePod(namespace, 'pod');
  await witness.seen('termination', 'podusher');
  const tells = async (): Promise<boolean> => {
    const text = await kubectl(['--namespace', namespace, 'describe', 'pod', 'pod']);
    return /Normal +PodTerminates +\S+ +podusher +the pod terminates: /u.test(text);
  };
  await until('kubectl describe pod tells of the termination', tells, { timeoutMs: REQUEST_MS });
  await witness.ended();
  await podGone(namespace, 'pod');
  const events = await ours(namespace);
  const reasons = events.map(({ reason }) => reason);
  let from = 0;
  for (const reason of STORY) {
    const found = reasons.indexOf(reason, from);
    assert.ok(found >= 0, `${reason} after ${from} in\n${events.map(one => JSON.stringify(one)).join('\n')}`);
    from = found + 1;
  }
}

export async function limited(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'api-limited');
  await grant(namespace);
  const probe = {
    httpGet: { port: WEB_PORT, path: '/probe?kind=fast' },
    periodSeconds: 1,
    failureThreshold: 1,
  };
  await startAsking(context, namespace, {
    annotations: { 'readiness-probe.podusher.dev/web': JSON.stringify(probe) },
  });
  await say(namespace, 'pod', WEB_PORT, '/set?kind=fast&to=flapping');
  const from = performance.now();
  const isFull = async (): Promise<boolean> => ((await statusOf(namespace)).api?.events.dropped ?? 0) >= 3;
  await until('Events are dropped', isFull, { timeoutMs: FLOOD_MS, everyMs: 1_000 });
  const most = BURST + 1 + Math.ceil((performance.now() - from + 30_000) / 10_000);
  const { length } = await ours(namespace);
  assert.ok(length >= BURST && length <= most, `${length} Events, of at most ${most}`);
}

export async function forbidden(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'api-forbidden');
  await grant(
    namespace,
    RULES.filter(({ resources }) => !resources.includes('events')),
  );
  const witness = await startAsking(context, namespace);
  await deletePod(namespace, 'pod');
  await witness.ended();
  assertOrder(witness);
  const refused = said(witness, /Events/u);
  assert.equal(refused.length, 1, told(witness.lines));
  const [line] = refused;
  assert.match(
    String(line?.more['msg']),
    /^Events on the pod are refused: HTTP 403: .*cannot create resource "events"/u,
  );
  assert.deepEqual(await ours(namespace), []);
}

/** @returns podusher's Events on the pod, as they happened */
async function ours(namespace: string): Promise<v.InferOutput<typeof EventsSchema>['items']> {
  const { items } = v.parse(EventsSchema, await get(namespace, 'events'));
  return items
    .filter(({ involvedObject, source }) => involvedObject.name === 'pod' && source.component === 'podusher')
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}
