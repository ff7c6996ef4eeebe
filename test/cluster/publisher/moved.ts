/** A live Service is moved over to the publisher and back, under load. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from '../../../agent/rehearse/load/outcome.ts';
import { MANAGED_BY, MANAGER } from '../../../lib/publisher/slice.ts';
import { apply, kubectl, waitFor } from '../kubectl.ts';
import { startLoad, startLoadPod } from '../load/client.ts';
import { room } from '../load/room.ts';
import { withNamespace } from '../namespace.ts';
import { podNames } from '../pods.ts';
import { serviceAddress } from '../service.ts';
import { until } from '../wait.ts';
import { runCommands, runDocumented } from './documented.ts';
import { ordinaryService, shopPod } from './shop.ts';
import { type Ready, readyIn, slicesOf } from './slices.ts';

const BUILT_IN = 'endpointslice-controller.k8s.io';
const READY_MS = 120_000;
const AT_REST_MS = 30_000;
const RATE = 50;

/** What was sent at the moment of the last change is answered, and kube-proxy has told the kernel. */
const AFTER_MS = 3_000;

/** In the wrong order: what there is goes before what is to come. */
const CARELESS = `
  kubectl patch service web --type=merge -p '{"spec": {"selector": null}}'
  kubectl delete endpoints web
  kubectl delete endpointslices -l kubernetes.io/service-name=web
  sleep 1
  kubectl annotate service web podusher.dev/selector=app=web`;

/**
 * @returns what became of 50 requests a second, on new connections and on kept ones, while something is done; and what that
 *   printed
 */
async function whileMoving(
  namespace: string,
  move: () => Promise<string>,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly said: string }> {
  const host = await serviceAddress(namespace, 'web');
  const loads = await Promise.all(
    (['new', 'kept'] as const).map(clients =>
      startLoad(namespace, clients, { host, port: 80, path: '/', rate: RATE, clients }),
    ),
  );
  await sleep(AFTER_MS);
  const said = await move();
  await sleep(AFTER_MS);
  return { outcomes: (await Promise.all(loads.map(load => load.stop()))).flat(), said };
}

async function startShop(context: TestContext): Promise<string> {
  const namespace = await withNamespace(context, 'moved');
  await room();
  await startLoadPod(namespace);
  await apply(namespace, ordinaryService('web'), ...['web-1', 'web-2', 'web-3'].map(name => shopPod(name)));
  await waitFor(namespace, 'pods', 'condition=Ready', READY_MS, '--selector=app=web');
  return namespace;
}

/** @returns who manages the Service's slices, each with the pods that it calls ready. */
async function managers(namespace: string): Promise<Readonly<Record<string, Ready>>> {
  const slices = await slicesOf(namespace, 'web');
  const managed = slices.map(slice => [slice.metadata.labels[MANAGED_BY] ?? '', readyIn([slice])]);
  return Object.fromEntries(managed);
}

async function untilManaged(namespace: string, by: string): Promise<void> {
  const pods = await podNames(namespace, 'web');
  const isManaged = async (): Promise<boolean> =>
    assert.deepEqual(await managers(namespace), { [by]: pods.toSorted((a, b) => a.localeCompare(b)) }) ===
    undefined;
  await until(`the slices are ${by}'s alone, with all pods`, isManaged, { timeoutMs: AT_REST_MS });
}

function lostOf(outcomes: readonly Outcome[]): readonly Outcome[] {
  return outcomes.filter(({ type }) => type !== 'ok');
}

export async function movedCarelessly(context: TestContext): Promise<void> {
  const namespace = await startShop(context);
  const { outcomes } = await whileMoving(namespace, () => runCommands(namespace, CARELESS));
  context.diagnostic(`${lostOf(outcomes).length} of ${outcomes.length} failed`);
  assert.ok(lostOf(outcomes).length > 0, `of ${outcomes.length}`);
}

/** Does what is documented, under load, of which nothing is lost; and again, for each step can be run again. */
async function moveAsDocumented(context: TestContext, namespace: string, heading: string): Promise<void> {
  const { length: pods } = await podNames(namespace, 'web');
  const { outcomes, said } = await whileMoving(namespace, () => runDocumented(namespace, heading));
  context.diagnostic(`${heading}: ${lostOf(outcomes).length} of ${outcomes.length} failed`);
  assert.deepEqual(lostOf(outcomes), []);
  const lines = new Set(said.split('\n').map(line => line.trim()));
  for (const manager of [MANAGER, BUILT_IN]) assert.ok(lines.has(`${pods} ${manager}`), said);
  await runDocumented(namespace, heading);
}

export async function moved(context: TestContext): Promise<void> {
  const namespace = await startShop(context);
  await moveAsDocumented(context, namespace, 'Move a Service over');
  await untilManaged(namespace, MANAGER);

  await context.test('and nothing stays behind: a pod that goes is gone from the slices', async () => {
    await kubectl(['--namespace', namespace, 'delete', 'pod', 'web-3']);
    await untilManaged(namespace, MANAGER);
  });

  await moveAsDocumented(context, namespace, 'And back');
  await untilManaged(namespace, BUILT_IN);
}
