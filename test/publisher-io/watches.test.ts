/** What a publisher knows enough by to lead. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readAccount } from '../../agent/kubernetes/account.ts';
import { createClient } from '../../agent/kubernetes/client.ts';
import { type Watches, watchAll } from '../../agent/publisher/watches.ts';
import { Store } from '../../lib/publisher/store.ts';
import { until, within } from '../agent/until.ts';
import { refuse } from '../kubernetes/answers.ts';
import type { ApiServer, Fault } from './api-server.ts';
import { putPod, shop } from './publisher.ts';

const { signal: NEVER } = new AbortController();

interface Watching {
  readonly api: ApiServer;
  readonly watches: Watches;
  readonly store: Store;
  readonly later: (ms: number) => void;
}

/** @returns watches of which all is current that is not refused. */
async function watching(
  context: TestContext,
  namespaces: readonly string[] = [],
  fault?: Fault,
): Promise<Watching> {
  const api = await shop(context, 3);
  api.fault = fault;
  const folder = api.account('first');
  const client = createClient(() => readAccount(folder, api.environment), 'podusher/test', 8);
  const store = new Store();
  let at = 0;
  const watches = watchAll({
    client,
    namespaces,
    store,
    now: () => at,
    changed: () => {},
    synced: () => {},
    readLater: () => {},
    unreadable: () => {},
    link: () => ({ heard: () => {}, changed: () => {} }),
  });
  context.after(() => {
    watches.close();
    client.close();
  });
  await until('all to be read', () => watches.areSynced || undefined);
  await isCurrent(watches);
  return { api, watches, store, later: ms => (at += ms) };
}

const isCurrent = (watches: Watches): Promise<boolean> =>
  within('all to be current', watches.current(60_000, NEVER), 20_000);

const stateOf = (watches: Watches, resource: string): string | undefined =>
  watches.status.find(one => one.resource === resource)?.state;

test('current() waits for a list under way, and the pods that it no longer holds', async context => {
  const { api, watches, store } = await watching(context);
  const open = Promise.withResolvers<void>();
  let isHeld = false;
  api.fault = async ({ resource, isWatch }) => {
    if (resource !== 'pods' || isWatch) return false;
    isHeld = true;
    await open.promise;
    return false;
  };
  api.remove('pods', 'web-1');
  api.forget();
  api.breakOff();
  watches.again(0);
  const ended = watches.current(0, NEVER);
  await until('the list', () => isHeld || undefined);
  const first = await Promise.race([ended, sleep(1500, 'it waits')]);
  assert.equal(first, 'it waits');
  open.resolve();
  assert.equal(await within('the end of the list', ended, 20_000), true);
  assert.equal(store.counts.pods, 2);
});

test('current() is stopped, and goes on without nodes that are refused', async context => {
  const { api, watches } = await watching(context);
  api.fault = ({ resource }, response) => {
    if (resource === 'nodes') refuse(response, 403, 'no');
    return resource === 'nodes';
  };
  watches.again(0);
  const controller = new AbortController();
  const stopped = watches.current(60_000, controller.signal);
  controller.abort();
  assert.equal(await stopped, false);
  assert.equal(await within('the rest', watches.current(1000, NEVER), 20_000), true);
  assert.equal(stateOf(watches, 'nodes'), 'lost');
});

for (const [resource, namespaces, code, mayLead] of [
  ['pods', [], 403, false],
  ['endpointslices', [], 503, false],
  ['nodes', [], 403, true],
  ['pods', ['shop', 'other'], 403, true],
  ['pods', ['shop', 'other'], 503, false],
] as const) {
  const scope = namespaces.length === 0 ? 'the cluster' : 'a namespace';
  test(`mayLead is ${mayLead} when ${resource} of ${scope} are answered with ${code} for long`, async context => {
    const { api, watches, later } = await watching(context, namespaces);
    api.fault = (asked, response) => {
      const fits = asked.resource === resource && asked.namespace !== 'other';
      if (fits) refuse(response, code, 'no');
      return fits;
    };
    api.breakOff();
    const name = namespaces.length === 0 ? resource : `shop/${resource}`;
    await until('the loss', () => stateOf(watches, name) === 'lost' || undefined);
    assert.equal(watches.mayLead(true), true, 'not at once');
    later(30_000);
    assert.equal(watches.mayLead(true), mayLead);
    api.fault = undefined;
    await until('the return', () => stateOf(watches, name) === 'watching' || undefined);
    assert.equal(watches.mayLead(true), true);
  });
}

test('mayLead is false when a namespace that was refused is lost otherwise for long, and not at once', async context => {
  const { api, watches, later } = await watching(context, ['shop', 'other']);
  let code = 403;
  api.fault = ({ namespace, resource }, response) => {
    const fits = namespace === 'shop' && resource === 'pods';
    if (fits) refuse(response, code, 'no');
    return fits;
  };
  api.breakOff();
  await until('the loss', () => stateOf(watches, 'shop/pods') === 'lost' || undefined);
  later(60_000);
  code = 503;
  const because = (): string | null | undefined =>
    watches.status.find(({ resource }) => resource === 'shop/pods')?.because;
  await until('the other answer', () => because()?.includes('503') || undefined);
  assert.equal(watches.mayLead(true), true);
  later(30_000);
  assert.equal(watches.mayLead(true), false);
});

test('mayLead becomes false, and stays so, while each watch of pods is answered with 410 and their list is read', async context => {
  const { api, watches, later } = await watching(context);
  const told: boolean[] = [];
  api.fault = ({ resource, isWatch }, response) => {
    if (resource !== 'pods') return false;
    told.push(watches.mayLead(true));
    if (isWatch) refuse(response, 410, 'too old');
    return isWatch;
  };
  watches.again(0);
  await until('lists', () => told.length >= 3 || undefined);
  assert.ok(!told.includes(false), 'not at once');
  later(30_000);
  await until('the end', () => told.includes(false) || undefined);
  const from = told.indexOf(false);
  await until('two more of each', () => told.length >= from + 4 || undefined, 20_000);
  assert.ok(!told.includes(true, from));
  api.fault = undefined;
  await isCurrent(watches);
  assert.equal(watches.mayLead(true), true);
});

test('mayLead is false for whoever does not write while a list is read again, and true for whoever does', async context => {
  const { api, watches } = await watching(context);
  for (let index = 3; index <= 500; index++) putPod(api, index);
  const open = Promise.withResolvers<void>();
  let isHeld = false;
  api.fault = async ({ resource, query }) => {
    if (resource !== 'pods' || !query.has('continue')) return false;
    isHeld = true;
    await open.promise;
    return false;
  };
  api.forget();
  api.breakOff();
  await until('the second page', () => isHeld || undefined);
  assert.deepEqual([watches.mayLead(false), watches.mayLead(true)], [false, true]);
  open.resolve();
  watches.again(0);
  await isCurrent(watches);
  assert.deepEqual([watches.mayLead(false), watches.mayLead(true)], [true, true]);
});

test('again() does not begin the time anew for which pods are lost, but for that without an answer', async context => {
  const { api, watches, later } = await watching(context);
  api.fault = ({ resource }, response) => {
    if (resource === 'pods') refuse(response, 503, 'no');
    return resource === 'pods';
  };
  watches.again(0);
  await until('the loss', () => stateOf(watches, 'pods') === 'lost' || undefined);
  later(29_000);
  watches.again(0);
  assert.equal(watches.mayLead(true), true);
  later(1000);
  assert.equal(watches.mayLead(true), false);
  watches.again(20_000);
  assert.equal(watches.mayLead(true), true);
  later(20_000);
  assert.equal(watches.mayLead(true), false);
});

const refusePods: Fault = ({ namespace, resource }, response) => {
  const fits = namespace === 'shop' && resource === 'pods';
  if (fits) refuse(response, 403, 'no');
  return fits;
};

test('watchAll() releases a namespace that was refused when none of its watches is behind', async context => {
  let isHeld = true;
  const { api, watches, store } = await watching(context, ['other', 'shop'], refusePods);
  assert.equal(watches.areSynced, true);
  assert.deepEqual([store.services(), watches.withheld], [[], { shop: ['pods: HTTP 403: no'] }]);
  // From now on its watch of slices tells nothing: they may have changed by then.
  api.fault = ({ namespace, resource, isWatch }, response) => {
    const fits = isHeld && namespace === 'shop' && resource === 'endpointslices' && isWatch;
    if (fits) refuse(response, 503, 'later');
    return fits;
  };
  watches.again(0);
  await until('the watch of pods', () => stateOf(watches, 'shop/pods') === 'watching' || undefined);
  assert.deepEqual(store.services(), []);
  isHeld = false;
  await until('its release', () => store.services().length > 0 || undefined);
  assert.deepEqual([store.services(), watches.withheld], [['shop/web'], {}]);
});

test('again() withholds a namespace that is refused by then, so that a new leader need not wait for it', async context => {
  const { api, watches, store, later } = await watching(context, ['other', 'shop']);
  assert.deepEqual(store.services(), ['shop/web']);
  api.fault = refusePods;
  api.breakOff();
  await until('the loss', () => stateOf(watches, 'shop/pods') === 'lost' || undefined);
  assert.deepEqual(store.services(), ['shop/web'], 'what was told last holds');
  watches.again(0);
  assert.deepEqual([store.services(), watches.withheld], [[], { shop: ['pods: HTTP 403: no'] }]);
  await within('all others to be current', watches.current(60_000, NEVER), 10_000);
  later(60_000);
  assert.equal(watches.mayLead(false), true);
  api.fault = undefined;
  await until('its release', () => store.services().length > 0 || undefined);
});
