/** Two publishers, of whom one leads: what is published while it dies, stands still or is cut off. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { until } from '../agent/until.ts';
import { refuse } from '../kubernetes/answers.ts';
import type { ApiServer } from './api-server.ts';
import { areReady, ipOf, Publisher, putPod, readyIn, shop } from './publisher.ts';

/** How long a leader that is gone is waited for, and what a loaded machine adds. */
const HAND_OVER_MS = 15_000;
const NOT_READY = { containers: [{ name: 'rails', ready: false }] };

interface Two {
  readonly api: ApiServer;
  readonly leader: Publisher;
  readonly standby: Publisher;
  /** Endpoints that were lost though their pods were ready all the time, and those added though theirs were not. */
  readonly wrongs: string[];
}

/** Pods 0 to 2 are ready all the time. Pod 3 is, until `dead` says so. */
async function two(context: TestContext, dead: () => boolean): Promise<Two> {
  const api = await shop(context, 4);
  const wrongs: string[] = [];
  const leader = await Publisher.start(context, api, 'first');
  await areReady(api, [0, 1, 2, 3]);
  const standby = await Publisher.start(context, api, 'second');
  await standby.logged('All has been read');
  let wasOut = false;
  api.onChange = ({ resource }) => {
    if (resource !== 'endpointslices') return;
    const ready = readyIn(api);
    for (const index of [0, 1, 2]) if (!ready.includes(ipOf(index))) wrongs.push(`${index} was lost`);
    const isIn = ready.includes(ipOf(3));
    if (dead() && wasOut && isIn) wrongs.push('3 was added, and is dead');
    wasOut ||= dead() && !isIn;
  };
  return { api, leader, standby, wrongs };
}

/** Three pods of `web`, and so many others that a list of them has two pages. */
async function twoPages(context: TestContext): Promise<ApiServer> {
  const api = await shop(context, 3);
  for (let index = 3; index <= 500; index++) putPod(api, index, { labels: { app: 'other' } });
  return api;
}

const writesOf = (api: ApiServer, who: string): number => api.writes.filter(one => one.who === who).length;

test('the standby writes within seconds after the leader was killed, and no endpoint is lost', async context => {
  let isDead = false;
  const { api, leader, standby, wrongs } = await two(context, () => isDead);
  assert.equal(writesOf(api, 'second'), 0, 'a standby writes nothing');
  leader.child.kill('SIGKILL');
  await leader.ended;
  const killedAt = performance.now();
  isDead = true;
  putPod(api, 3, NOT_READY);
  await until('the dead one to go', () => !readyIn(api).includes(ipOf(3)) || undefined, HAND_OVER_MS);
  context.diagnostic(`the first write ${Math.round(performance.now() - killedAt)} ms after the kill`);
  await areReady(api, [0, 1, 2]);
  assert.equal(writesOf(api, 'second'), 1, 'and nothing but that');
  assert.match(standby.stdout, /This one leads/);
  assert.deepEqual(wrongs, []);
});

test('a leader that stood still writes nothing when it goes on, and leads no more', async context => {
  let isDead = false;
  const { api, leader, wrongs } = await two(context, () => isDead);
  leader.child.kill('SIGSTOP');
  isDead = true;
  putPod(api, 3, NOT_READY);
  await until('the dead one to go', () => !readyIn(api).includes(ipOf(3)) || undefined, HAND_OVER_MS);
  putPod(api, 4);
  await areReady(api, [0, 1, 2, 4]);
  const before = writesOf(api, 'first');
  leader.child.kill('SIGCONT');
  await leader.logged('leads no more');
  putPod(api, 5);
  await areReady(api, [0, 1, 2, 4, 5]);
  assert.equal(writesOf(api, 'first'), before);
  assert.deepEqual(wrongs, []);
});

test('a leader that is cut off stops before the other begins', async context => {
  let isDead = false;
  const { api, leader, standby, wrongs } = await two(context, () => isDead);
  const firstWrite = { at: 0 };
  api.fault = ({ who, method, resource }, response) => {
    if (who === 'second' && method !== 'GET' && resource === 'endpointslices')
      firstWrite.at ||= performance.now();
    if (who !== 'first') return false;
    response.destroy();
    return true;
  };
  api.breakOff();
  isDead = true;
  putPod(api, 3, NOT_READY);
  await leader.logged('leads no more');
  const stoppedAt = performance.now();
  await standby.logged('This one leads');
  await areReady(api, [0, 1, 2]);
  assert.ok(firstWrite.at > stoppedAt - 50, 'the one stops, then the other begins');
  api.fault = undefined;
  putPod(api, 4);
  await areReady(api, [0, 1, 2, 4]);
  assert.deepEqual(wrongs, []);
});

test('a standby whose pods are older than its slices undoes nothing of what the leader has written', async context => {
  const api = await shop(context, 3);
  const leader = await Publisher.start(context, api, 'first');
  await areReady(api, [0, 1, 2]);
  // Its watch of pods is dead, and nobody has told it; that of slices is not.
  let isDead = true;
  api.fault = ({ who, resource, isWatch }, response) => {
    if (!isDead || who !== 'second' || resource !== 'pods' || !isWatch) return false;
    response.writeHead(200).flushHeaders();
    return true;
  };
  const standby = await Publisher.start(context, api, 'second');
  await standby.logged('All has been read');
  await standby.logged('The API is watched: pods');
  isDead = false;
  api.remove('pods', 'web-0');
  putPod(api, 3);
  await areReady(api, [1, 2, 3]);
  assert.equal(await leader.end(), 0);
  await standby.logged('This one leads');
  putPod(api, 4);
  await areReady(api, [1, 2, 3, 4]);
  assert.equal(writesOf(api, 'second'), 1, 'that of the new pod');
});

test('a standby that reads its pods anew leaves the Lease to one that knows them', async context => {
  const api = await twoPages(context);
  const leader = await Publisher.start(context, api, 'first');
  await areReady(api, [0, 1, 2]);
  const standby = await Publisher.start(context, api, 'second');
  await standby.logged('The API is watched: pods');
  let isHeld = false;
  api.fault = ({ who, resource, query }) => {
    const holds = who === 'second' && resource === 'pods' && query.has('continue');
    isHeld ||= holds;
    return holds;
  };
  api.forget();
  api.breakOff();
  await until('its list', () => isHeld || undefined);
  const third = await Publisher.start(context, api, 'third');
  await third.logged('All has been read');
  assert.equal(await leader.end(), 0);
  putPod(api, 0, NOT_READY);
  await areReady(api, [1, 2]);
  assert.match(third.stdout, /This one leads/);
  assert.doesNotMatch(standby.stdout, /This one leads/);
});

test('a leader that has not begun to write ends its term where it must read its pods anew', async context => {
  const api = await twoPages(context);
  const leader = await Publisher.start(context, api, 'first');
  await areReady(api, [0, 1, 2]);
  const standby = await Publisher.start(context, api, 'second');
  await standby.logged('The API is watched: pods');
  // Its versions are forgotten at the moment when it leads; the second page of its list does not come.
  let isLeading = false;
  api.fault = ({ who, resource, isWatch, query, method }, response) => {
    if (who !== 'second') return false;
    isLeading ||= resource === 'leases' && method !== 'GET';
    if (!isLeading || resource !== 'pods') return false;
    if (isWatch) refuse(response, 410, 'too old');
    return isWatch || query.has('continue');
  };
  assert.equal(await leader.end(), 0);
  await standby.logged('This one leads');
  const third = await Publisher.start(context, api, 'third');
  await third.logged('All has been read');
  putPod(api, 0, NOT_READY);
  await areReady(api, [1, 2]);
  assert.match(standby.stdout, /leads no more/);
  assert.equal(writesOf(api, 'second'), 0);
});

test('the standby takes over at once when the leader is told to go', async context => {
  const { api, leader, wrongs } = await two(context, () => false);
  assert.equal(await leader.end(), 0);
  const goneAt = performance.now();
  putPod(api, 4);
  await areReady(api, [0, 1, 2, 3, 4]);
  assert.ok(performance.now() - goneAt < 4000, 'before the lease would be over');
  assert.deepEqual(wrongs, []);
});
