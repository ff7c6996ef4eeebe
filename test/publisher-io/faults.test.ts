/** What the API server does to the publisher, and what comes of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../agent/until.ts';
import { refuse } from '../kubernetes/answers.ts';
import { type Json, metadataOf } from '../publisher/server.ts';
import type { ApiServer, Asked } from './api-server.ts';
import { areReady, ipOf, Publisher, putPod, putService, readyIn, shop } from './publisher.ts';

const NOT_READY = { containers: [{ name: 'rails', ready: false }] };

const isWrite = ({ method, resource }: Asked): boolean => method !== 'GET' && resource === 'endpointslices';

/** Lets the first write that fits be answered otherwise. */
function first(
  api: ApiServer,
  fits: (asked: Asked) => boolean,
  answer: NonNullable<ApiServer['fault']>,
): void {
  let isOver = false;
  api.fault = (asked, response) => {
    if (isOver || !isWrite(asked) || !fits(asked)) return false;
    isOver = true;
    return answer(asked, response);
  };
}

/** The slice as somebody else has changed it, of which no watch tells. */
function edited(api: ApiServer): Json {
  const [slice] = api.all('endpointslices');
  assert.ok(slice);
  return { ...slice, metadata: { ...metadataOf(slice), annotations: { by: 'others' } } };
}

test('publisher reads a slice anew when a write is refused because it has changed', async context => {
  const api = await shop(context, 1);
  await Publisher.start(context, api);
  await areReady(api, [0]);
  first(
    api,
    () => true,
    (asked, response) => {
      api.put('endpointslices', edited(api));
      api.answer(asked, response);
      return true;
    },
  );
  putPod(api, 1);
  await areReady(api, [0, 1]);
  assert.equal(Object(metadataOf(api.all('endpointslices')[0])['annotations']).by, 'others');
  assert.deepEqual(
    api.writes.map(({ method }) => method),
    ['POST', 'PATCH', 'PATCH'],
  );
});

test('publisher takes another name when something else has that of its slice', async context => {
  const api = await shop(context, 1);
  first(
    api,
    ({ method }) => method === 'POST',
    ({ body }, response) => {
      // As somebody may make one by hand: of no Service.
      const { name, namespace } = { namespace: 'shop', ...metadataOf(body) };
      api.put('endpointslices', { metadata: { name, namespace }, addressType: 'IPv4', endpoints: [] });
      refuse(response, 409, 'already exists');
      return true;
    },
  );
  await Publisher.start(context, api);
  await areReady(api, [0]);
  assert.equal(api.all('endpointslices').length, 2);
});

test('publisher writes once when the answer to its write is lost', async context => {
  const api = await shop(context, 1);
  first(
    api,
    () => true,
    (asked, response) => {
      response.destroy();
      api.answer(asked, response);
      return true;
    },
  );
  await Publisher.start(context, api);
  await areReady(api, [0]);
  putPod(api, 1);
  await areReady(api, [0, 1]);
  assert.equal(api.all('endpointslices').length, 1);
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
  await until('all watches', () => api.watching('pods') + api.watching('endpointslices') >= 2 || undefined);
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

test('publisher takes an endpoint out of one Service while a write for another gets no answer', async context => {
  const api = await shop(context, 2);
  putService(api, 'other', 'app=web');
  await Publisher.start(context, api);
  await areReady(api, [0, 1]);
  await areReady(api, [0, 1], 'other');
  // All that adds to `other` hangs.
  api.fault = asked => isWrite(asked) && asked.name?.startsWith('other') === true && adds(asked);
  putPod(api, 2);
  await areReady(api, [0, 1, 2]);
  putPod(api, 0, NOT_READY);
  await areReady(api, [1, 2]);
  api.fault = undefined;
  await areReady(api, [1, 2], 'other');
});

/** Whether the pod that comes last is ready by it, and the first still is. */
function adds({ body }: Asked): boolean {
  const text = JSON.stringify(body);
  return text.includes(ipOf(2)) && /"addresses":\["10\.1\.0\.1"\],"conditions":\{"ready":true/.test(text);
}

test('publisher gives a slow write up when an endpoint of the same Service must go', async context => {
  const api = await shop(context, 2);
  await Publisher.start(context, api);
  await areReady(api, [0, 1]);
  let hung = 0;
  api.fault = asked => {
    const hangs = isWrite(asked) && adds(asked);
    if (hangs) hung = performance.now();
    return hangs;
  };
  putPod(api, 2);
  await until('a write that hangs', () => hung || undefined);
  putPod(api, 0, NOT_READY);
  await areReady(api, [1, 2]);
  assert.ok(performance.now() - hung < 2800, 'before its deadline of 3 s');
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
  await next.logged('This one leads');
  await next.logged('The API is watched: pods');
  assert.equal((await next.get('/readyz')).status, 503);
  isOpen = true;
  await next.logged('All has been read');
  putPod(api, 3);
  await areReady(api, [0, 1, 2, 3]);
  assert.equal(api.writes.length, writes + 1);
});
