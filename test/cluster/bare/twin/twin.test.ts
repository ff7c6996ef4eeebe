/**
 * `podusher publisher` beside Kubernetes' own EndpointSlice controller, over the same random history of pods, nodes and
 * Services on a real API server: whenever both are at rest they say the same, and what a model of ours expects; where
 * containers are not critical, or probes have moved, the model alone is asked.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import { historyOf } from '../../../publisher/history.ts';
import { SERVICE } from '../../../publisher/objects.ts';
import { publishedBy, saidBy } from '../../../publisher/said.ts';
import { Publisher } from '../../../publisher-io/publisher.ts';
import { atEnd } from '../../at-end.ts';
import { until } from '../../wait.ts';
import { Client } from '../client.ts';
import { ControlPlane } from '../control-plane.ts';
import { placeOf } from '../place.ts';
import { Slices } from '../slices.ts';
import { Shop, TWIN } from './shop.ts';

const SEED = Number(process.env['PODUSHER_TEST_SEED'] ?? 20_261_122);
/** Namespaces, each with a history of its own; every third has containers that are not critical. */
const SHOPS = 4;
const STEPS = 10;
/** A lost node is noticed after its grace period; and what is slow here is the machine. */
const REST_MS = 150_000;
const GRACE = { 'node-monitor-grace-period': '10s', 'node-monitor-period': '1s' };
const BEAT_MS = 2000;
/**
 * After a pod on a node that nobody knows, or a slice that it has seen too late, the built-in controller waits for up to
 * 1000 s (`maxSyncBackOff`): it is made to look again by an edit of its Service.
 */
const BACK_OFF_MS = 3000;

test('publisher agrees with the built-in controller at rest, over random histories', async context => {
  const plane = await ControlPlane.start({
    api: { 'service-cluster-ip-range': '198.19.0.0/16,fd00:19::/108' },
  });
  atEnd(context, () => plane.close());
  plane.startControllers(['endpointslice-controller', 'node-lifecycle-controller'], GRACE);
  const { client } = plane;
  const slices = await Slices.watch(client);
  atEnd(context, () => slices.close());
  const shops = Array.from({ length: SHOPS }, (_, index) => new Shop(client, index, index % 3 !== 2));
  await Promise.all(shops.map(shop => shop.open()));
  keepBeating(context, plane, shops);
  let leader = await Publisher.start(context, placeOf(plane), 'first');
  let standby = await Publisher.start(context, placeOf(plane), 'second');
  const histories = fc.sample(historyOf(STEPS, STEPS), { numRuns: SHOPS, seed: SEED });
  const counts = { steps: 0, endpoints: 0 };
  for (let step = 0; step < STEPS; step++) {
    const happenings = histories.map(steps => steps[step] ?? []);
    await Promise.all(shops.map((shop, index) => shop.tell(shop.model.apply(happenings[index] ?? []))));
    for (const shop of shops) {
      const where = `seed ${SEED}, step ${step}, ${shop.namespace}: ${JSON.stringify(happenings)}`;
      await atRest(slices, shop).catch((cause: unknown) => {
        throw new Error(`${where}\n${leader.stdout.slice(-4000)}\n${standby.stdout.slice(-2000)}`, { cause });
      });
      counts.steps++;
      counts.endpoints += shop.expected.length;
    }
    if (step % 3 !== 2) continue;
    leader.child.kill(step % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
    leader = standby;
    standby = await Publisher.start(context, placeOf(plane), `step-${step}`);
  }
  const writes = { ours: slices.writesOf(SERVICE), theirs: slices.writesOf(TWIN) };
  context.diagnostic(`${JSON.stringify(counts)}; writes ${JSON.stringify(writes)}`);
  assert.ok(counts.endpoints > 500, 'the histories have endpoints');
});

/** The kubelets of the nodes that are not lost renew their leases. */
function keepBeating(context: TestContext, { place }: ControlPlane, shops: readonly Shop[]): void {
  const client = new Client(place.api.port, place.keys);
  let isOver = false;
  let last: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    last = last.then(() => (isOver ? undefined : Promise.all(shops.map(shop => shop.beat(client)))));
  }, BEAT_MS);
  atEnd(context, async () => {
    isOver = true;
    clearInterval(timer);
    await last;
    client.close();
  });
}

/** Fails unless ours becomes what is expected, and theirs the same. */
async function atRest(slices: Slices, shop: Shop): Promise<void> {
  const ours = (): string[] => differences(publishedBy(slices.of(shop.namespace, SERVICE)), shop.expected);
  const theirs = (): string[] =>
    shop.isTwin
      ? differences(unnamed(slices.of(shop.namespace, SERVICE)), unnamed(slices.of(shop.namespace, TWIN)))
      : [];
  const looks = { timeoutMs: REST_MS, everyMs: 50 };
  await until('what is published is as expected', () => ours().length === 0, looks).catch(() =>
    assert.deepEqual(ours(), []),
  );
  let touched = performance.now();
  await until(
    'the twin is the same',
    async () => {
      if (theirs().length === 0) return true;
      if (performance.now() - touched < BACK_OFF_MS) return false;
      touched = performance.now();
      await shop.touchTwin();
      return false;
    },
    looks,
  ).catch(() => assert.deepEqual(theirs(), []));
}

/** A hostname belongs to the Service that the pod names as its subdomain, which is one of the two. */
function unnamed(slices: ReturnType<Slices['of']>): string[] {
  return saidBy(slices).map(line => line.replace(/"hostname":"[^"]*",/, ''));
}

/** What of two lists is in one of them alone. */
function differences(actual: readonly string[], expected: readonly string[]): string[] {
  const [have, want] = [new Set(actual), new Set(expected)];
  if (actual.length !== expected.length && have.size === want.size) return ['one is there twice'];
  return [
    ...actual.filter(line => !want.has(line)).map(line => `+ ${line}`),
    ...expected.filter(line => !have.has(line)).map(line => `- ${line}`),
  ];
}
