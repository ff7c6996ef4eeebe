/** What the publisher reads when lists and watches fail, and what it concludes from it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../agent/until.ts';
import { refuse } from '../kubernetes/answers.ts';
import { areReady, Publisher, putPod, readyIn, shop } from './publisher.ts';

const NOT_READY = { containers: [{ name: 'rails', ready: false }] };

test('publisher goes on from where it was when its connections break, and writes nothing for it', async context => {
  const api = await shop(context, 250);
  const publisher = await Publisher.start(context, api);
  await until('all slices', () => readyIn(api).length === 250 || undefined);
  await publisher.logged('The API is watched: pods');
  const before = api.writes.length;
  const lists = (): number =>
    api.asked.filter(({ method, isWatch, name }) => method === 'GET' && !isWatch && !name).length;
  const read = lists();
  for (let times = 1; times <= 5; times++) {
    const watches = api.asked.filter(({ isWatch }) => isWatch).length;
    api.breakOff();
    await until(
      'all watches',
      () => api.asked.filter(({ isWatch }) => isWatch).length >= watches + 4 || undefined,
    );
    api.remove('pods', `web-${times}`);
    await until('one less', () => readyIn(api).length === 250 - times || undefined);
  }
  assert.equal(api.writes.length, before + 5);
  assert.equal(lists(), read, 'nothing is listed again');
});

test('publisher reads pods in smaller pages where a page is too long', async context => {
  const api = await shop(context, 0);
  const annotations = { 'example.com/long': 'x'.repeat(60_000) };
  for (let index = 0; index < 250; index++) putPod(api, index, { annotations });
  await Publisher.start(context, api);
  await until('all slices', () => readyIn(api).length === 250 || undefined);
  const limits = api.asked
    .filter(({ resource, isWatch }) => resource === 'pods' && !isWatch)
    .map(({ query }) => query.get('limit'));
  assert.deepEqual(limits, ['500', '125', '250']);
});

test('publisher lists anew and writes nothing for it when its versions are forgotten (410)', async context => {
  const api = await shop(context, 250);
  await Publisher.start(context, api);
  await until('all slices', () => readyIn(api).length === 250 || undefined);
  const writes = api.writes.length;
  const lists = api.asked.filter(({ resource, isWatch }) => resource === 'pods' && !isWatch).length;
  api.remove('pods', 'web-7');
  await until('one less', () => readyIn(api).length === 249 || undefined);
  api.forget();
  api.breakOff();
  await until(
    'another list of pods',
    () =>
      api.asked.filter(({ resource, isWatch }) => resource === 'pods' && !isWatch).length > lists ||
      undefined,
  );
  await until(
    'all watches',
    () => api.watchingOf('pods') + api.watchingOf('endpointslices') >= 2 || undefined,
  );
  api.remove('pods', 'web-8');
  await until('one less still', () => readyIn(api).length === 248 || undefined);
  assert.equal(api.writes.length, writes + 2);
});

test('publisher withdraws a pod that went while its watches were cut, and forgets the list of before', async context => {
  const api = await shop(context, 3);
  await Publisher.start(context, api);
  await areReady(api, [0, 1, 2]);
  api.forget();
  api.breakOff();
  api.remove('pods', 'web-1');
  api.forget();
  await areReady(api, [0, 2]);
  assert.equal(api.writes.length, 2);
});

test('publisher holds what it knows while the API is away, and catches up when it is back', async context => {
  const api = await shop(context, 3);
  const publisher = await Publisher.start(context, api);
  await areReady(api, [0, 1, 2]);
  api.stop();
  await publisher.logged('leads no more');
  putPod(api, 0, NOT_READY);
  putPod(api, 3);
  assert.deepEqual(readyIn(api).length, 3);
  assert.equal((await publisher.get('/readyz')).status, 200);
  await api.listen();
  await areReady(api, [1, 2, 3]);
  assert.ok(api.writes.length <= 3, 'one for the start, and one for both; or one for each');
});

test('publisher concludes nothing before all has been read', async context => {
  const api = await shop(context, 3);
  const publisher = await Publisher.start(context, api);
  await areReady(api, [0, 1, 2]);
  assert.equal(await publisher.end(), 0);
  const writes = api.writes.length;
  let isOpen = false;
  // Nodes and the second page of pods: without them pods would be missing.
  api.fault = (asked, response) => {
    if (isOpen || asked.resource !== 'nodes') return false;
    refuse(response, 503, 'not yet');
    return true;
  };
  const next = await Publisher.start(context, api, 'second');
  await next.logged('The API is watched: pods');
  assert.equal((await next.get('/readyz')).status, 503);
  const hasRun = api.asked.some(({ who, resource }) => who === 'second' && resource === 'leases');
  assert.ok(!hasRun, 'it would keep out one who has read all');
  isOpen = true;
  await next.logged('All has been read');
  putPod(api, 3);
  await areReady(api, [0, 1, 2, 3]);
  assert.equal(api.writes.length, writes + 1);
});
