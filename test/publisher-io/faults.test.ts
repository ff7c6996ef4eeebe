/** What the API server does to the publisher's writes, and what comes of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../agent/until.ts';
import { refuse, send } from '../kubernetes/answers.ts';
import { podObject } from '../publisher/objects.ts';
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

for (const hasChanged of [true, false]) {
  const what = hasChanged ? 'a conflict where the slice has changed' : 'refused where the slice is as it was';
  test(`publisher takes a patch that is answered 422 to be ${what}`, async context => {
    const api = await shop(context, 1);
    const publisher = await Publisher.start(context, api);
    await areReady(api, [0]);
    first(
      api,
      ({ method }) => method === 'PATCH',
      (_, response) => {
        if (hasChanged) api.put('endpointslices', edited(api));
        refuse(response, 422, 'the server rejected our request due to an error in our request');
        return true;
      },
    );
    putPod(api, 1);
    await areReady(api, [0, 1]);
    const outcome = hasChanged ? 'conflict' : 'refused';
    const { body } = await publisher.get('/metrics');
    assert.ok(body.includes(`writes_total{verb="update",outcome="${outcome}"} 1`), body);
  });
}

for (const when of ['is there at the start', 'comes later'] as const) {
  test(`publisher goes on where a pod of the largest size ${when}`, async context => {
    const api = await shop(context, 2);
    // Six characters each, as the API server writes `<`.
    const args = ['\u0001'.repeat(1_400_000)];
    const huge = Object(podObject({ name: 'huge', labels: { app: 'other' } }));
    const putHuge = (): void => api.put('pods', { ...huge, spec: { ...huge.spec, args } });
    if (when === 'is there at the start') putHuge();
    await Publisher.start(context, api);
    await areReady(api, [0, 1]);
    if (when === 'comes later') putHuge();
    putPod(api, 2);
    await areReady(api, [0, 1, 2]);
  });
}

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

test("publisher takes another name while somebody's finalizer keeps a slice that it deleted", async context => {
  const api = await shop(context, 150);
  await Publisher.start(context, api);
  await until('both slices', () => readyIn(api).length === 150 || undefined);
  let kept = 0;
  // As the API server does it: the object is told, with the time of its deletion.
  api.fault = ({ method, name = '' }, response) => {
    if (method !== 'DELETE') return false;
    const slice = api.all('endpointslices').find(one => metadataOf(one).name === name);
    const metadata = { ...metadataOf(slice), deletionTimestamp: '2026-11-22T05:00:30Z' };
    api.put('endpointslices', { ...slice, metadata });
    kept++;
    send(response, 200, api.all('endpointslices').find(one => metadataOf(one).name === name) ?? {});
    return true;
  };
  const [, second] = api.all('endpointslices');
  for (const { targetRef } of JSON.parse(JSON.stringify(second?.['endpoints'])))
    api.remove('pods', targetRef.name);
  await until('the deletion', () => kept || undefined);
  for (let index = 200; index < 250; index++) putPod(api, index);
  await until('those that are new', () => readyIn(api).includes(ipOf(249)) || undefined);
  assert.equal(api.all('endpointslices').length, 3);
  assert.equal(kept, 1, 'it is deleted once');
});

/** The answers to which writes are lost; and whether a watch tells of it, or only the next write collides with it. */
const LOST = ['POST', 'PATCH'].flatMap(method => [
  { method, isWatched: true },
  { method, isWatched: false },
]);

for (const { method, isWatched } of LOST) {
  test(`publisher does once what it asks for by a ${method} whose answer is lost, ${isWatched ? 'and the watch tells' : 'though no watch tells'}`, async context => {
    const api = await shop(context, 1);
    const changes: string[] = [];
    api.onChange = ({ resource, type }) => {
      if (resource === 'endpointslices') changes.push(type);
    };
    let lost = 0;
    api.fault = (asked, response) => {
      const isSlices = asked.resource === 'endpointslices';
      if (!isWatched && isSlices && asked.isWatch) {
        response.writeHead(200).flushHeaders();
        return true;
      }
      if (lost > 0 || !isSlices || asked.method !== method) return false;
      lost++;
      response.destroy();
      api.answer(asked, response);
      return true;
    };
    const publisher = await Publisher.start(context, api);
    await areReady(api, [0]);
    putPod(api, 1);
    await areReady(api, [0, 1]);
    // What comes last tells that nothing else was to be done.
    await until(
      'an end of the work',
      async () => (await publisher.get('/metrics')).body.includes('queue_length 0') || undefined,
    );
    assert.deepEqual([lost, changes], [1, ['ADDED', 'MODIFIED']]);
    const methods = api.writes.map(write => write.method);
    const once = ['POST', 'PATCH'];
    const collided = once.flatMap(one => (one === method ? [one, one] : [one]));
    if (isWatched && methods.length === 2) assert.deepEqual(methods, once);
    else assert.deepEqual(methods, collided, 'the second collides, and what there is is read');
  });
}

test('publisher waits as long as it is asked to (429), with that Service alone', async context => {
  const api = await shop(context, 1);
  putService(api, 'other', 'app=web');
  await Publisher.start(context, api);
  await areReady(api, [0]);
  await areReady(api, [0], 'other');
  let [refusedAt, triedAt] = [0, 0];
  api.fault = (asked, response) => {
    if (!isWrite(asked) || asked.name?.startsWith('other') !== true) return false;
    if (refusedAt > 0) {
      triedAt ||= performance.now();
      return false;
    }
    refusedAt = performance.now();
    refuse(response, 429, 'too many requests', { 'retry-after': '2' });
    return true;
  };
  putPod(api, 1);
  await areReady(api, [0, 1]);
  assert.ok(triedAt === 0 || performance.now() - refusedAt >= 1990, 'the one does not wait for the other');
  await areReady(api, [0, 1], 'other');
  assert.ok(triedAt - refusedAt >= 1990, `${triedAt - refusedAt} ms`);
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
  const publisher = await Publisher.start(context, api);
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
  const { body } = await publisher.get('/metrics');
  assert.match(body, /writes_total\{verb="update",outcome="abandoned"\} 1/);
  assert.doesNotMatch(body + publisher.stdout, /outcome="unanswered"|tried again/);
});
