/** What `podusher publisher` writes, and what it does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../agent/until.ts';
import { nodeObject, serviceObject } from '../publisher/objects.ts';
import { metadataOf } from '../publisher/server.ts';
import { areReady, Publisher, putPod, putService, readyIn, shop } from './publisher.ts';

test('publisher writes a pod into a slice when it becomes ready, and takes it out when it is not', async context => {
  const api = await shop(context, 2);
  putPod(api, 2, { containers: [{ name: 'rails', ready: false }] });
  const publisher = await Publisher.start(context, api, 'first', ['--log-level', 'debug']);
  await areReady(api, [0, 1]);
  assert.equal((await publisher.get('/readyz')).status, 200);
  putPod(api, 2);
  await areReady(api, [0, 1, 2]);
  putPod(api, 0, { containers: [{ name: 'rails', ready: false }] });
  await areReady(api, [1, 2]);
  api.remove('pods', 'web-1');
  await areReady(api, [2]);
  assert.equal(api.writes.length, 4, 'one write for each change');
  await until(
    'the latency',
    async () =>
      (await publisher.get('/metrics')).body.includes('podusher_publisher_latency_seconds_count 4') ||
      undefined,
  );
  const { body } = await publisher.get('/metrics');
  assert.match(body, /podusher_publisher_writes_total\{verb="update",outcome="done"\} 3/);
  assert.match(body, /podusher_publisher_leader 1/);
  const status = JSON.parse((await publisher.get('/status')).body);
  assert.equal(status.leader.leads, true);
  assert.equal(status.known.pods, 2);
  assert.match(publisher.stdout, /"because":\["web-2: ready"\]/);
  assert.match(publisher.stdout, /"because":\["web-0: not ready: rails is not ready"\]/);
});

test('publisher waits for word of the pods of a node that was lost, or some seconds', async context => {
  const api = await shop(context);
  const put = (index: number, restarts = 0): void =>
    putPod(api, index, {
      annotations: { 'podusher.dev/non-critical': 'statsd' },
      containers: [
        { name: 'rails', ready: true },
        { name: 'statsd', ready: false, restarts },
      ],
    });
  put(0);
  put(1);
  await Publisher.start(context, api);
  await areReady(api, [0, 1]);
  api.put('nodes', nodeObject('node-0', 'zone-0', 'Unknown'));
  await areReady(api, []);
  api.put('nodes', nodeObject('node-0', 'zone-0', 'True'));
  const backAt = performance.now();
  putPod(api, 2);
  await areReady(api, [2]);
  put(0, 1);
  await areReady(api, [0, 2]);
  await areReady(api, [0, 1, 2]);
  assert.ok(performance.now() - backAt >= 9900, 'of the other nothing was told');
});

test('publisher writes nothing when a non-critical container crash-loops', async context => {
  const api = await shop(context);
  const pod = (statsd: boolean, rails: boolean): void =>
    putPod(api, 0, {
      annotations: { 'podusher.dev/non-critical': 'statsd' },
      containers: [
        { name: 'rails', ready: rails },
        { name: 'statsd', ready: statsd },
      ],
    });
  pod(true, true);
  const publisher = await Publisher.start(context, api);
  await areReady(api, [0]);
  for (let crashes = 0; crashes < 20; crashes++) pod(crashes % 2 === 0, true);
  // What comes after them in the same watch tells that they were all seen.
  pod(false, false);
  await areReady(api, []);
  assert.deepEqual(
    api.writes.map(({ method }) => method),
    ['POST', 'PATCH'],
  );
  assert.equal(await publisher.end(), 0);
});

test('publisher gives the lease up and writes no more when it gets SIGTERM', async context => {
  const api = await shop(context, 1);
  const publisher = await Publisher.start(context, api);
  await areReady(api, [0]);
  assert.equal(await publisher.end(), 0);
  const [lease] = api.all('leases');
  assert.equal(Object(lease?.['spec']).holderIdentity, '');
  assert.deepEqual(readyIn(api).length, 1, 'the slices stay');
});

const isAboutBroken = (event: object): boolean => JSON.stringify(event).includes('"name":"broken"');

test('publisher tells of a problem once, by an Event on the Service, and goes on with the others', async context => {
  const api = await shop(context, 1);
  putService(api, 'broken', 'app in web');
  api.put('pods', { metadata: { name: 'odd', namespace: 'shop' } });
  const publisher = await Publisher.start(context, api);
  await areReady(api, [0]);
  await until('an Event', () => api.all('events').find(isAboutBroken));
  putService(api, 'broken', 'app in web');
  putPod(api, 1);
  await areReady(api, [0, 1]);
  api.put('services', serviceObject({ labels: { team: 'other' } }));
  await until(
    'the label',
    () => api.all('endpointslices').some(one => metadataOf(one).labels['team'] === 'other') || undefined,
  );
  assert.equal(api.all('events').filter(isAboutBroken).length, 1);
  assert.match(publisher.stdout, /Left out, for it cannot be read: pods shop\/odd/);
});

test('publisher --dry-run prints what it would write, writes nothing and asks for no lease', async context => {
  const api = await shop(context, 3);
  const publisher = await Publisher.start(context, api, 'first', ['--dry-run']);
  assert.equal(await publisher.ended, 0, publisher.stderr);
  const [line = '', ...others] = publisher.stdout.trim().split('\n');
  const standing = { service: 'shop/web', pods: 3, ready: 3, because: [] };
  assert.deepEqual(
    others.map(other => JSON.parse(other)),
    [standing],
  );
  const { verb, service, because, body } = JSON.parse(line);
  assert.deepEqual([verb, service, body.endpoints.length], ['create', 'shop/web', 3]);
  assert.deepEqual(because, ['web-0: ready', 'web-1: ready', 'web-2: ready']);
  assert.deepEqual(
    api.asked.filter(({ method, resource }) => method !== 'GET' || resource === 'leases'),
    [],
  );
});

test('publisher refuses bad flags with 2, and all at once', async context => {
  const api = await shop(context);
  const publisher = await Publisher.start(context, api, 'first', ['--namespaces=Shop', '--drain-min=5s']);
  assert.equal(await publisher.ended, 2);
  assert.match(publisher.stderr, /flag --drain-min: Not a flag/);
  assert.match(publisher.stderr, /flag --namespaces: "Shop" is not/);
});

test('publisher keeps its writes below the limit, and does not let it delay what takes an endpoint out', async context => {
  const api = await shop(context, 1);
  const publisher = await Publisher.start(context, api, 'first', ['--writes-per-second', '2']);
  await areReady(api, [0]);
  for (let index = 0; index < 16; index++) putService(api, `more-${index}`, 'app=other');
  await until('the first of them', () => api.all('endpointslices').length >= 2 || undefined);
  putPod(api, 0, { containers: [{ name: 'rails', ready: false }] });
  await until('web without the pod', () => readyIn(api).length === 0 || undefined, 4000);
  assert.ok(api.all('endpointslices').length < 17, 'the others wait');
  assert.equal(await publisher.end(), 0);
});
