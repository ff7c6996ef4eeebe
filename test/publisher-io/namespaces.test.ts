/** A publisher of some namespaces, of which it is refused one. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../agent/until.ts';
import { refuse } from '../kubernetes/answers.ts';
import { podObject, serviceObject } from '../publisher/objects.ts';
import { metadataOf } from '../publisher/server.ts';
import type { ApiServer, Asked, Fault } from './api-server.ts';
import { areReady, ipOf, Publisher, putPod, shop } from './publisher.ts';

const BOTH = ['--namespaces=shop,blog'];

function putInBlog(api: ApiServer, resource: string, object: object, metadata: object = {}): void {
  api.put(resource, { ...object, metadata: { ...metadataOf(object), namespace: 'blog', ...metadata } });
}

function putPost(api: ApiServer, index: number): void {
  const labels = { app: 'posts' };
  putInBlog(api, 'pods', podObject({ name: `posts-${index}`, ip: ipOf(index), node: 'node-0', labels }));
}

/** `shop`, and a namespace `blog` with a Service `posts` and two pods. */
async function shopAndBlog(context: TestContext): Promise<ApiServer> {
  const api = await shop(context, 2);
  putInBlog(api, 'services', serviceObject({ selector: 'app=posts', uid: 'uid-of-posts' }), {
    name: 'posts',
  });
  for (const index of [10, 11]) putPost(api, index);
  return api;
}

function refusing(fits: (asked: Asked) => boolean, code = 403): Fault {
  return (asked, response) => {
    if (fits(asked)) refuse(response, code, 'no right to it');
    return fits(asked);
  };
}

const ofBlog = (api: ApiServer): Asked[] =>
  api.asked.filter(({ method, namespace }) => method !== 'GET' && namespace === 'blog');

async function withheldOf(publisher: Publisher): Promise<unknown> {
  return JSON.parse((await publisher.get('/status')).body).unread;
}

test('publisher leaves a namespace alone of which it is refused the pods, publishes the others, and it too when it may', async context => {
  const api = await shopAndBlog(context);
  const before = await Publisher.start(context, api, 'before', BOTH);
  await areReady(api, [0, 1]);
  await areReady(api, [10, 11], 'posts');
  assert.equal(await before.end(), 0);
  const written = ofBlog(api).length;
  api.fault = refusing(({ namespace, resource }) => namespace === 'blog' && resource === 'pods');
  putPod(api, 2);
  const publisher = await Publisher.start(context, api, 'first', BOTH);
  await areReady(api, [0, 1, 2]);
  assert.equal((await publisher.get('/readyz')).status, 200);
  const because = 'pods: HTTP 403: no right to it';
  assert.deepEqual(await withheldOf(publisher), { blog: [because] });
  await publisher.logged(`Namespace blog: Not read, so nothing of it is published: ${because}`);
  // What is told of the rest of it is no reason to conclude anything, or to tell of problems.
  putInBlog(api, 'services', serviceObject({ selector: 'app in (' }), { name: 'bad' });
  putInBlog(api, 'services', serviceObject({ selector: 'app=posts', labels: { a: 'b' } }), { name: 'posts' });
  putPost(api, 12);
  const isDone = async (): Promise<true | undefined> => {
    const { body } = await publisher.get('/metrics');
    const isTold = body.includes('objects{resource="services"} 3') && body.includes('queue_length 0');
    return isTold && body.includes('podusher_api_watching{resource="blog/pods"} 0') ? true : undefined;
  };
  await until('both Services', isDone);
  putPod(api, 3);
  await areReady(api, [0, 1, 2, 3]);
  await areReady(api, [10, 11], 'posts');
  assert.equal(ofBlog(api).length, written, 'neither slices nor Events');
  api.fault = undefined;
  await areReady(api, [10, 11, 12], 'posts');
  await publisher.logged('Namespace blog: It has been read');
  await publisher.logged('Service blog/bad: ');
  assert.deepEqual(await withheldOf(publisher), {});
});

for (const [what, fits, code] of [
  ['each namespace is refused', (asked: Asked) => asked.resource === 'pods', 403],
  ['one is not answered for', (asked: Asked) => asked.resource === 'pods' && asked.namespace === 'blog', 500],
] as const) {
  test(`publisher is not ready and does not lead while ${what}`, async context => {
    const api = await shopAndBlog(context);
    api.fault = refusing(fits, code);
    const publisher = await Publisher.start(context, api, 'first', BOTH);
    await publisher.logged('The API is watched: shop/services');
    await publisher.logged('The API is lost: blog/pods');
    assert.equal((await publisher.get('/readyz')).status, 503);
    assert.ok(api.asked.every(({ resource }) => resource !== 'leases'));
    api.fault = undefined;
    await areReady(api, [0, 1]);
    await areReady(api, [10, 11], 'posts');
    assert.equal((await publisher.get('/readyz')).status, 200);
  });
}

test('publisher --dry-run prints what it may read, says what it may not, and ends with 1', async context => {
  const api = await shopAndBlog(context);
  const refuses = refusing(({ namespace, resource }) => namespace === 'blog' && resource === 'pods');
  api.fault = async (asked, response) => {
    // What else is told of the namespace is waited for, for that may be refused as well.
    if (asked.namespace === 'blog' && asked.resource === 'services') await sleep(1000);
    return refuses(asked, response);
  };
  const dry = await Publisher.start(context, api, 'nobody', ['--dry-run', ...BOTH]);
  assert.equal(await dry.ended, 1, dry.stderr);
  const services = dry.stdout.match(/(?<="service":")[^"]*/gu);
  assert.deepEqual(services, ['shop/web', 'shop/web']);
  const refused = 'HTTP 403: no right to it';
  const said = `Namespace blog: Not read, so nothing of it is published: pods: ${refused}`;
  assert.equal(dry.stderr, `blog/pods: ${refused}\n${said}\n`);
});
