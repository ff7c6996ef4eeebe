/** Writes that get no answer, as where an admission webhook hangs: whom they hold up, and for how long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../agent/until.ts';
import { refuse } from '../kubernetes/answers.ts';
import { type PodParts, podObject, serviceObject } from '../publisher/objects.ts';
import { metadataOf } from '../publisher/server.ts';
import type { ApiServer, Asked } from './api-server.ts';
import { areReady, ipOf, Publisher, putPod, readyIn, shop } from './publisher.ts';

const NOT_READY = { containers: [{ name: 'rails', ready: false }] };
const isWrite = ({ method, resource }: Asked): boolean => method !== 'GET' && resource === 'endpointslices';

const HANGING = Array.from({ length: 64 }, (_, index) => `hang-${index}`);
/** Eight at a time they take 10 s; on a machine with much else to do, several times that. */
const PATIENCE_MS = 90_000;
/** Two thirds of a write's deadline: nobody waits for one. */
const SOON_MS = 2000;

const inOther = (object: object): object => ({
  ...object,
  metadata: { ...metadataOf(object), namespace: 'other' },
});

/** Puts the one pod of a Service that hangs. */
function putHanging(api: ApiServer, index: number, parts: Partial<PodParts> = {}): void {
  const name = `hang-${index}`;
  const ip = ipOf(1000 + index);
  const pod = podObject({ name, ip, node: 'node-0', labels: { app: name }, ...parts });
  api.put('pods', inOther(pod));
}

function putServices(api: ApiServer): void {
  HANGING.forEach((name, index) => {
    const service = serviceObject({ selector: `app=${name}`, uid: `uid-of-${name}` });
    api.put('services', inOther({ ...service, metadata: { ...metadataOf(service), name } }));
    putHanging(api, index);
  });
}

test('publisher takes out at once though the writes for 64 Services of another namespace hang', async context => {
  const api = await shop(context, 6);
  putServices(api);
  await Publisher.start(context, api);
  await areReady(api, [0, 1, 2, 3, 4, 5]);
  await until('all slices', () => api.all('endpointslices').length === 65 || undefined);
  const known = new Set<string>();
  let writing = 0;
  api.fault = async (asked, response) => {
    const name = /^hang-\d+/.exec(asked.name ?? '')?.[0];
    if (!isWrite(asked) || name === undefined) return false;
    response.once('close', () => writing--);
    writing++;
    // As by a proxy with a deadline: the first time is over sooner than the publisher's own.
    if (known.has(name)) return true;
    await sleep(1200);
    known.add(name);
    refuse(response, 504, 'no answer');
    return true;
  };
  async function takeOut(index: number): Promise<number> {
    await until('a write that hangs', () => writing > 0 || undefined);
    const since = performance.now();
    putPod(api, index, NOT_READY);
    await until('one less', () => !readyIn(api).includes(ipOf(index)) || undefined);
    return Math.round(performance.now() - since);
  }
  HANGING.forEach((_, index) => putHanging(api, index, NOT_READY));
  const atFirst = [await takeOut(0), await takeOut(1), await takeOut(2)];
  const besides = writing;
  await until('all that hang to be known', () => known.size === HANGING.length || undefined, PATIENCE_MS);
  const later = [await takeOut(3), await takeOut(4), await takeOut(5)];
  context.diagnostic(`taken out after ${atFirst.join(', ')} ms beside ${besides} writes that hang`);
  context.diagnostic(`after ${later.join(', ')} ms when they are known, beside ${writing}`);
  assert.ok(Math.max(...atFirst, ...later) < SOON_MS);
});

for (const what of ['a write', 'the reading of what a write collided with'] as const) {
  test(`publisher ends soon after SIGTERM though ${what} hangs`, async context => {
    const api = await shop(context, 2);
    const publisher = await Publisher.start(context, api);
    await areReady(api, [0, 1]);
    let hangs = false;
    api.fault = (asked, response) => {
      if (asked.resource !== 'endpointslices' || asked.name === undefined) return false;
      if (what !== 'a write' && isWrite(asked)) {
        refuse(response, 409, 'the object has been modified');
        return true;
      }
      hangs = true;
      return true;
    };
    putPod(api, 0, NOT_READY);
    await until('what hangs', () => hangs || undefined);
    const since = performance.now();
    assert.equal(await publisher.end(), 0);
    const took = Math.round(performance.now() - since);
    context.diagnostic(`over after ${took} ms`);
    assert.ok(took < 2500, `${took} ms`);
    const [lease] = api.all('leases');
    assert.equal(Object(lease?.['spec']).holderIdentity, '', 'another may lead at once');
    assert.doesNotMatch(publisher.stdout, /tried again/);
  });
}
