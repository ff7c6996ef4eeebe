/** What a real API server does to two publishers, of which one leads, and what happens to them. */
import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeObject, podObject, serviceObject } from '../../publisher/objects.ts';
import { metadataOf } from '../../publisher/server.ts';
import { Publisher } from '../../publisher-io/publisher.ts';
import { atEnd } from '../at-end.ts';
import { until } from '../wait.ts';
import { Cable } from './cable.ts';
import { ControlPlane } from './control-plane.ts';
import { placeOf } from './place.ts';

/** What a loaded machine adds to each bound. */
const MACHINE_MS = 5000;
const SLICES = '/apis/discovery.k8s.io/v1';

let plane: ControlPlane;
let namespaces = 0;

before(async () => {
  plane = await ControlPlane.start();
  const { client } = plane;
  const { status } = Object(nodeObject('node-0', undefined, 'True'));
  await client.post('/api/v1/nodes', { metadata: { name: 'node-0' } });
  await client.patch('/api/v1/nodes/node-0/status', { status });
});
after(() => plane.close());

/** A namespace with a published Service `web` and so many ready pods. */
class Shop {
  readonly namespace = `shop-${namespaces++}`;
  #pods = 0;

  static async open(pods: number): Promise<Shop> {
    const shop = new Shop();
    await plane.client.post('/api/v1/namespaces', { metadata: { name: shop.namespace } });
    const { metadata } = Object(serviceObject());
    const spec = { ports: [{ port: 80 }] };
    const { annotations } = metadata;
    await plane.client.post(`${shop.#folder}/services`, { metadata: { name: 'web', annotations }, spec });
    for (let index = 0; index < pods; index++) await shop.add();
    return shop;
  }

  get #folder(): string {
    return `/api/v1/namespaces/${this.namespace}`;
  }

  async add(): Promise<string> {
    const name = `web-${this.#pods++}`;
    const { metadata, spec } = Object(podObject({ name, node: 'node-0' }));
    const { labels } = metadata;
    await plane.client.post(`${this.#folder}/pods`, { metadata: { name, labels }, spec });
    await this.setReady(name, true);
    return name;
  }

  async setReady(name: string, isReady: boolean): Promise<void> {
    const ip = `10.1.0.${Number(name.slice(4)) + 1}`;
    const containers = [{ name: 'rails', ready: isReady }];
    const { status } = Object(podObject({ name, ip, containers }));
    await plane.client.patch(`${this.#folder}/pods/${name}/status`, { status });
  }

  /** @returns the names of the pods whose endpoints are ready, and the slices' versions. */
  async published(): Promise<{ readonly ready: readonly string[]; readonly versions: string }> {
    const { items } = await plane.client.get(`${SLICES}/namespaces/${this.namespace}/endpointslices`);
    const slices: readonly object[] = Array.isArray(items) ? items : [];
    const endpoints = slices.flatMap(slice => Object(slice).endpoints ?? []);
    const ready = endpoints
      .filter(({ conditions }) => conditions.ready)
      .map(({ targetRef }) => String(targetRef.name));
    return { ready: ready.sort(), versions: slices.map(one => metadataOf(one)['resourceVersion']).join() };
  }

  /** Resolves when these are ready. @returns how long that took. */
  async areReady(names: readonly string[], timeoutMs = 40_000): Promise<number> {
    const from = performance.now();
    const wanted = names.toSorted().join();
    const isSo = async (): Promise<boolean> => (await this.published()).ready.join() === wanted;
    await until(`${wanted} in the slices`, isSo, { timeoutMs, everyMs: 20 });
    return performance.now() - from;
  }
}

interface Two {
  readonly leader: Publisher;
  readonly standby: Publisher;
}

/** Two publishers, the first of which leads. @param port where it finds the API server. */
async function two(context: TestContext, port?: number): Promise<Two> {
  const leader = await Publisher.start(context, placeOf(plane, port), 'first');
  await leader.logged('This one leads');
  const standby = await Publisher.start(context, placeOf(plane), 'second');
  await standby.logged('All has been read');
  return { leader, standby };
}

/** @returns when a line of the log was written, in ms. */
function timeOf({ stdout }: Publisher, text: string): number {
  return Date.parse(JSON.parse(stdout.split('\n').find(line => line.includes(text)) ?? '{}').time);
}

async function cable(context: TestContext): Promise<Cable> {
  const laid = await Cable.lay(plane.place.api.port);
  atEnd(context, () => laid.close());
  return laid;
}

test('the standby writes within 7 s after the leader was killed', async context => {
  const shop = await Shop.open(3);
  const { leader, standby } = await two(context);
  await shop.areReady(['web-0', 'web-1', 'web-2']);
  await leader.kill();
  const killedAt = performance.now();
  await shop.setReady('web-1', false);
  await shop.areReady(['web-0', 'web-2']);
  const tookMs = performance.now() - killedAt;
  context.diagnostic(`${Math.round(tookMs)} ms`);
  assert.ok(tookMs < 7000 + MACHINE_MS, `${tookMs} ms`);
  assert.match(standby.stdout, /This one leads"/);
  await standby.end();
});

test('a leader that stood still for longer than its lease adds no dead endpoint, and is a standby', async context => {
  const shop = await Shop.open(2);
  const { leader, standby } = await two(context);
  await shop.areReady(['web-0', 'web-1']);
  // It sees what follows only when it goes on, and by then it is no more so.
  leader.child.kill('SIGSTOP');
  await shop.add();
  await shop.areReady(['web-0', 'web-1', 'web-2']);
  await shop.setReady('web-2', false);
  await shop.setReady('web-0', false);
  await shop.areReady(['web-1']);
  const { versions } = await shop.published();
  leader.child.kill('SIGCONT');
  await leader.logged('leads no more');
  await sleep(2000);
  assert.equal((await shop.published()).versions, versions, 'nothing was written by either');
  await shop.add();
  await shop.areReady(['web-1', 'web-3']);
  assert.equal(standby.stdout.includes('leads no more'), false);
  await Promise.all([leader.end(), standby.end()]);
});

test('a leader that is cut off stops before the other begins, and catches up when it is back', async context => {
  const shop = await Shop.open(2);
  const line = await cable(context);
  const { leader, standby } = await two(context, line.port);
  await shop.areReady(['web-0', 'web-1']);
  line.cut();
  await leader.logged('leads no more');
  await standby.logged('This one leads"');
  assert.ok(timeOf(leader, 'leads no more') < timeOf(standby, 'This one leads"'), 'not both');
  await shop.setReady('web-0', false);
  await shop.areReady(['web-1']);
  line.mend();
  await standby.end();
  await shop.setReady('web-0', true);
  await shop.areReady(['web-0', 'web-1']);
  await leader.end();
});

test('a leader whose connections carry nothing any more sees what it has missed within 27 s', async context => {
  const shop = await Shop.open(2);
  const line = await cable(context);
  const leader = await Publisher.start(context, placeOf(plane, line.port), 'first');
  await shop.areReady(['web-0', 'web-1']);
  await leader.logged('The API is watched: pods');
  line.freeze();
  await shop.setReady('web-0', false);
  const tookMs = await shop.areReady(['web-1'], 27_000 + 2 * MACHINE_MS);
  context.diagnostic(`${Math.round(tookMs)} ms`);
  await leader.end();
});

test('publishers go on within 2 s after the API server is back', async context => {
  const shop = await Shop.open(3);
  const { leader, standby } = await two(context);
  await shop.areReady(['web-0', 'web-1', 'web-2']);
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    await plane.api.stop(signal);
    await sleep(6000);
    await plane.startApi();
    await shop.setReady('web-1', false);
    const tookMs = await shop.areReady(['web-0', 'web-2']);
    context.diagnostic(`${Math.round(tookMs)} ms after its return`);
    assert.ok(tookMs < 2000 + MACHINE_MS, `${tookMs} ms`);
    await shop.setReady('web-1', true);
    await shop.areReady(['web-0', 'web-1', 'web-2']);
  }
  await Promise.all([leader.end(), standby.end()]);
});

test('a publisher that was away for longer than the API server remembers lists anew', async context => {
  const shop = await Shop.open(2);
  const leader = await Publisher.start(context, placeOf(plane), 'first');
  await shop.areReady(['web-0', 'web-1']);
  const { versions } = await shop.published();
  leader.child.kill('SIGSTOP');
  await compact();
  await plane.api.stop();
  await plane.startApi();
  await shop.setReady('web-0', false);
  leader.child.kill('SIGCONT');
  await shop.areReady(['web-1']);
  assert.notEqual((await shop.published()).versions, versions);
  await leader.end();
});

/** Has etcd forget all versions but the last (`/v3/kv/compaction`). */
async function compact(): Promise<void> {
  const etcd = `http://127.0.0.1:${plane.place.etcd.port}/v3`;
  const post = async (path: string, body: object): Promise<unknown> =>
    (await fetch(`${etcd}/${path}`, { method: 'POST', body: JSON.stringify(body) })).json();
  const { revision } = Object(Object(await post('kv/range', { key: 'AA==' })).header);
  await post('kv/compaction', { revision, physical: true });
}

test('publisher --namespaces publishes those, and reads no other', async context => {
  const [one, other, third] = [await Shop.open(1), await Shop.open(1), await Shop.open(1)];
  const publisher = await Publisher.start(context, placeOf(plane), 'first', [
    `--namespaces=${one.namespace},${other.namespace}`,
  ]);
  await one.areReady(['web-0']);
  await other.areReady(['web-0']);
  const { known } = JSON.parse((await publisher.get('/status')).body);
  assert.deepEqual([known.services, known.pods], [2, 2]);
  assert.deepEqual((await third.published()).ready, []);
  await publisher.end();
});
