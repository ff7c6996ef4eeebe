/** The first failure on a real cluster: statsd, which nobody needs, fails its probe. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from '../../../agent/rehearse/load/outcome.ts';
import { ROOT } from '../../examples/documents.ts';
import { apply, kubectl, podGet, waitFor } from '../kubectl.ts';
import { startLoad, startLoadPod } from '../load/client.ts';
import { room } from '../load/room.ts';
import { withNamespace } from '../namespace.ts';
import { podNames } from '../pods.ts';
import { loadRailsAuthImages } from '../rails-auth/images.ts';
import { forAnyNamespace, NAME } from '../rails-auth/manifests.ts';
import { serviceAddress } from '../service.ts';
import { until } from '../wait.ts';

const READY_MS = 90_000;
const SICK_MS = 60_000;
const STATSD_PORT = 8126;

/** The probe fails three times, a second apart, before the kubelet says so. */
const LOAD_MS = 10_000;

before(() => loadRailsAuthImages(AbortSignal.timeout(600_000), () => {}));

/** @returns what became of 20 requests a second on new connections, for 10 s from when statsd fails its probe. */
async function whileStatsdIsSick(context: TestContext, folder: string): Promise<readonly Outcome[]> {
  const namespace = await withNamespace(context, 'statsd');
  await room();
  await startLoadPod(namespace);
  const made = await kubectl(['kustomize', join(ROOT, 'examples/rails-auth/cluster', folder)]);
  await apply(namespace, ...forAnyNamespace(made));
  await waitFor(namespace, `deployment/${NAME}`, 'condition=Available', READY_MS);
  const host = await serviceAddress(namespace, NAME);
  const load = await startLoad(namespace, 'load', { host, port: 80, path: '/', rate: 20, clients: 'new' });
  const pods = await podNames(namespace, NAME);
  await until('statsd is sick in every pod', () => areSick(namespace, pods), { timeoutMs: SICK_MS });
  await sleep(LOAD_MS);
  return load.stop();
}

/** Asked itself: what the kubelet makes of it is what is tested. */
async function areSick(namespace: string, pods: readonly string[]): Promise<boolean> {
  const answers = pods.map(pod => podGet(namespace, pod, STATSD_PORT, '/'));
  return (await Promise.allSettled(answers)).every(({ status }) => status === 'rejected');
}

function lostOf(outcomes: readonly Outcome[]): number {
  return outcomes.filter(({ type }) => type !== 'ok').length;
}

test('without podusher, its Service refuses everybody', async context => {
  const outcomes = await whileStatsdIsSick(context, 'statsd-without');
  context.diagnostic(`${lostOf(outcomes)} of ${outcomes.length} failed`);
  assert.ok(lostOf(outcomes) >= 40, `${lostOf(outcomes)} of ${outcomes.length} failed`);
});

test('with podusher, nobody notices', async context => {
  const outcomes = await whileStatsdIsSick(context, 'statsd-with');
  context.diagnostic(`${lostOf(outcomes)} of ${outcomes.length} failed`);
  assert.deepEqual([lostOf(outcomes), outcomes.length > 150], [0, true]);
});
