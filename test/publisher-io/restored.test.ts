/** An API server whose versions go back, for its etcd was restored from a backup. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../kubernetes/answers.ts';
import { nodeObject } from '../publisher/objects.ts';
import type { ApiServer } from './api-server.ts';
import { areReady, Publisher, putPod, readyIn, shop } from './publisher.ts';

const NOT_READY = { containers: [{ name: 'rails', ready: false }] };

const outcomes = async (publisher: Publisher): Promise<string> => (await publisher.get('/metrics')).body;

/** Until then those who watch from a later version hear nothing. */
function advance(api: ApiServer, version: string): void {
  while (Number(api.now) < Number(version)) api.put('nodes', nodeObject('node-0', 'zone-0', 'True'));
}

test('publisher writes a slice whose version has gone back, after one conflict', async context => {
  const api = await shop(context, 2);
  const publisher = await Publisher.start(context, api);
  await areReady(api, [0, 1]);
  const restore = api.backup();
  putPod(api, 2);
  await areReady(api, [0, 1, 2]);
  const last = api.now;
  restore();
  assert.equal(readyIn(api).length, 2);
  advance(api, last);
  putPod(api, 2);
  putPod(api, 0, NOT_READY);
  await areReady(api, [1, 2]);
  assert.match(await outcomes(publisher), /writes_total\{verb="update",outcome="conflict"\} 1\n/);
});

test('publisher creates a slice again that is lost, once it has read the slices anew', async context => {
  const api = await shop(context, 1);
  const restore = api.backup();
  await Publisher.start(context, api);
  await areReady(api, [0]);
  const lists = (): number =>
    api.asked.filter(one => one.resource === 'endpointslices' && one.method === 'GET' && !one.isWatch).length;
  const before = lists();
  api.fault = ({ resource, isWatch }, response) => {
    if (resource !== 'endpointslices' || !isWatch || lists() > before) return false;
    refuse(response, 410, 'too old resource version');
    return true;
  };
  restore();
  assert.deepEqual(readyIn(api), []);
  await areReady(api, [0]);
  assert.deepEqual(
    api.writes.map(({ method }) => method),
    ['POST', 'POST'],
  );
});
