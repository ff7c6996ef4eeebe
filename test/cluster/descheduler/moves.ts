/**
 * `npm run test:descheduler`: the real Descheduler moves a Deployment's pods, all of which are on one node, under load. It is
 * no part of `npm run test:cluster`: the Descheduler takes four minutes to build.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { atEnd } from '../at-end.ts';
import { get, kubectl } from '../kubectl.ts';
import { loadLoadImage } from '../load/image.ts';
import { KUBECONFIG } from '../machine/place.ts';
import { withNamespace } from '../namespace.ts';
import { APP_NAME } from '../rollout/apps.ts';
import type { Strategy } from '../rollout/strategy.ts';
import { type Served, startUnderLoad, type UnderLoad } from '../rollout/under-load.ts';
import { attempt } from '../run.ts';
import { until } from '../wait.ts';
import { descheduler } from './build.ts';

const BEFORE_MS = 10_000;
const AFTER_MS = 4_000;
const DESCHEDULER_MS = 60_000;
const MOVED_MS = 120_000;

const SPREAD = {
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: { app: APP_NAME } },
    },
  ],
};

const CONSTRAINT = 'RemovePodsViolatingTopologySpreadConstraint';

/** For pods of one namespace. */
function policy(namespace: string): object {
  const args = { constraints: ['ScheduleAnyway'], namespaces: { include: [namespace] } };
  const profile = {
    name: 'spread',
    pluginConfig: [
      { name: 'DefaultEvictor', args: {} },
      { name: CONSTRAINT, args },
    ],
    plugins: { balance: { enabled: [CONSTRAINT] } },
  };
  return { apiVersion: 'descheduler/v1alpha2', kind: 'DeschedulerPolicy', profiles: [profile] };
}

let program = '';

before(async () => {
  const signal = AbortSignal.timeout(1_800_000);
  program = await descheduler(signal);
  await loadLoadImage(signal);
});

test('without podusher, the Descheduler moves a pod, and requests fail', async context => {
  const { failed, cut } = await moved(context, 'none');
  assert.ok(failed.length + cut.length > 0, `${failed.length} failed, ${cut.length} cut`);
});

test('with podusher, it does, and none fails', async context => {
  const { sent, failed, cut } = await moved(context, 'podusher');
  assert.deepEqual({ failed, cut }, { failed: [], cut: [] });
  assert.ok(sent > 1000, `${sent} sent`);
});

/** @returns what became of the requests that were sent while the pods were spread. */
async function moved(context: TestContext, strategy: Strategy): Promise<Served> {
  const namespace = await withNamespace(context, 'descheduled');
  const load = await startSkewed(context, namespace, strategy);
  const at = await placesOf(namespace);
  assert.equal(new Set(at.values()).size, 1, 'all pods are on one node');
  await sleep(BEFORE_MS);
  context.diagnostic(await deschedule(context, namespace));
  const isSpread = async (): Promise<boolean> => {
    const now = await placesOf(namespace);
    return now.size === at.size && new Set(now.values()).size > 1;
  };
  await until('the pods are spread', isSpread, { timeoutMs: MOVED_MS });
  await sleep(AFTER_MS);
  const served = await load.stop();
  const { sent, failed, cut } = served;
  context.diagnostic(`${strategy}: ${sent} sent, ${failed.length} failed, ${cut.length} cut`);
  return served;
}

/** All but one node take no pods until these are up. */
async function startSkewed(context: TestContext, namespace: string, strategy: Strategy): Promise<UnderLoad> {
  const [, ...others] = await nodeNames();
  atEnd(context, () => kubectl(['uncordon', ...others]));
  await kubectl(['cordon', ...others]);
  const load = await startUnderLoad(namespace, { app: 'dies', strategy }, ['new'], SPREAD);
  await kubectl(['uncordon', ...others]);
  return load;
}

/** Runs it once. @returns what it says of whom it has evicted */
async function deschedule(context: TestContext, namespace: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'podusher-descheduler-'));
  atEnd(context, () => rm(folder, { recursive: true }));
  const file = join(folder, 'policy.yaml');
  await writeFile(file, JSON.stringify(policy(namespace)));
  const kubeconfig = process.env['PODUSHER_TEST_KUBECONFIG'] || KUBECONFIG;
  const flags = [`--kubeconfig=${kubeconfig}`, `--policy-config-file=${file}`, '--disable-metrics', '--v=1'];
  const { stderr, status } = await attempt([program, ...flags, '--secure-port=0'], {
    timeoutMs: DESCHEDULER_MS,
  });
  const evicted = stderr.split('\n').filter(line => line.includes('"Evicted pod"'));
  assert.ok(status === 0 && evicted.length > 0, `The Descheduler ended with ${status}:\n${stderr}`);
  return evicted.join('\n');
}

const NodesSchema = v.object({ items: v.array(v.object({ metadata: v.object({ name: v.string() }) })) });

async function nodeNames(): Promise<readonly string[]> {
  const { items } = v.parse(NodesSchema, JSON.parse(await kubectl(['get', 'nodes', '--output', 'json'])));
  return items.map(({ metadata }) => metadata.name);
}

const PodsSchema = v.object({
  items: v.array(
    v.object({
      metadata: v.object({ name: v.string() }),
      spec: v.object({ nodeName: v.optional(v.string()) }),
    }),
  ),
});

/** @returns the nodes of the app's pods, those that terminate among them. */
async function placesOf(namespace: string): Promise<ReadonlyMap<string, string | undefined>> {
  const { items } = v.parse(PodsSchema, await get(namespace, 'pods', '--selector', `app=${APP_NAME}`));
  return new Map(items.map(({ metadata, spec }) => [metadata.name, spec.nodeName]));
}
