import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readAccount } from '../../agent/kubernetes/account.ts';
import { createClient } from '../../agent/kubernetes/client.ts';
import { TIMING, type Timing } from '../../agent/kubernetes/following.ts';
import { createLink, type Link } from '../../agent/kubernetes/link.ts';
import { watchSlices } from '../../agent/kubernetes/slice-watch.ts';
import { until } from '../agent/until.ts';
import { refuse, send } from './answers.ts';
import { FakeApi, type Fault } from './fake-api.ts';
import { type EndpointParts, POD_IP, POD_NAME, sliceObject, UID } from './objects.ts';

const OTHER: EndpointParts = { address: '10.9.9.9', targetRef: { kind: 'Pod', name: 'other', uid: 'other' } };

interface Watched {
  readonly link: Link;
  /** `withdrawn, of how many`, after each change. */
  readonly told: [withdrawn: boolean, holds: number][];
}

function watch(context: TestContext, api: FakeApi, timing: Partial<Timing> = {}): Watched {
  const told: Watched['told'] = [];
  const link = createLink(() => performance.now(), { heard: () => {}, changed: () => {} });
  const client = createClient(() => readAccount(api.folder, api.environment), 'podusher/test');
  const end = watchSlices({
    client,
    namespace: 'shop',
    pod: { name: POD_NAME, uid: UID, ips: [POD_IP] },
    link,
    changed: (slices, withdrawn) => told.push([withdrawn, slices.holds.size]),
    timing: { ...TIMING, shortestWatchMs: 50, backOffMs: () => 20, ...timing },
  });
  context.after(() => {
    end();
    client.close();
  });
  return { link, told };
}

async function isTold({ told }: Watched, withdrawn: boolean, holds: number): Promise<void> {
  await until(`to be told ${withdrawn} of ${holds}`, () => {
    const last = told.at(-1);
    return last?.[0] === withdrawn && last[1] === holds ? true : undefined;
  });
}

test('watchSlices() tells when the last slice lets the pod go', async context => {
  const api = await FakeApi.start(context);
  api.putSlice('others', OTHER);
  api.putSlice('shop', OTHER, {});
  api.putSlice('admin', { terminating: true });
  const watched = watch(context, api);
  await isTold(watched, false, 2);
  api.putSlice('shop', OTHER, { terminating: true });
  await isTold(watched, true, 2);
  api.putSlice('shop', OTHER);
  await isTold(watched, true, 1);
  api.putSlice('new', {});
  await isTold(watched, false, 2);
  api.removeSlice('new');
  await isTold(watched, true, 1);
});

test('watchSlices() reads page by page, and tells only when all were read', async context => {
  const api = await FakeApi.start(context);
  for (let index = 0; index < 25; index += 1) api.putSlice(`s${index}`, { terminating: index !== 24 });
  const watched = watch(context, api);
  await isTold(watched, false, 25);
  assert.deepEqual(watched.told, [[false, 25]]);
  assert.deepEqual(
    api.askedFor('endpointslices').map(({ query }) => query.get('continue')),
    [null, '10', '20'],
  );
});

test('watchSlices() does not call the pod withdrawn when more slices have it than are kept', async context => {
  const api = await FakeApi.start(context);
  for (let index = 0; index < 120; index += 1) api.putSlice(`s${index}`, { terminating: true });
  const watched = watch(context, api);
  await isTold(watched, false, 100);
  await until('the watch', () => (api.watching === 1 ? true : undefined));
  api.removeSlice('s0');
  await isTold(watched, false, 99);
  api.putSlice('s1', OTHER);
  await isTold(watched, false, 98);
});

test('watchSlices() has no word of a namespace of 100,000 slices', async context => {
  const api = await FakeApi.start(context);
  const items = Array.from({ length: 10 }, (_, index) =>
    sliceObject(`s${index}`, [{ terminating: true }], '1'),
  );
  let pages = 0;
  api.fault = ({ isWatch }, response) => {
    if (isWatch) return false;
    pages += 1;
    const metadata = pages < 10_000 ? { resourceVersion: '1', continue: 'x' } : { resourceVersion: '1' };
    send(response, 200, { metadata, items });
    return true;
  };
  const watched = watch(context, api, { backOffMs: () => 60_000 });
  await until('its end', () => (watched.link.status.state === 'lost' ? true : undefined), 60_000);
  assert.equal(watched.link.status.because, 'More than 5000 objects');
  assert.equal(pages, 500);
  assert.deepEqual(watched.told, []);
});

test('watchSlices() gives a list without an end one deadline, and then waits', async context => {
  const api = await FakeApi.start(context);
  api.fault = (_, response) => {
    setTimeout(() => {
      send(response, 200, { metadata: { resourceVersion: '1', continue: 'x' }, items: [] });
    }, 50);
    return true;
  };
  const watched = watch(context, api, { wholeListMs: 300 });
  await until('its end', () => (watched.link.status.state === 'lost' ? true : undefined));
  assert.match(
    String(watched.link.status.because),
    /^(The list was not read within 300 ms|Not done within \d+ ms)$/,
  );
  assert.deepEqual(watched.told, []);
});

test('watchSlices() begins anew when the version of its pages is forgotten in between', async context => {
  const api = await FakeApi.start(context);
  for (let index = 0; index < 15; index += 1) api.putSlice(`s${index}`, {});
  let refused = 0;
  const fault: Fault = ({ query }, response) => {
    if (query.get('continue') === null || refused > 0) return false;
    refused += 1;
    refuse(response, 410, 'The provided continue parameter is too old');
    return true;
  };
  api.fault = fault;
  await isTold(watch(context, api), false, 15);
  assert.equal(refused, 1);
});

test('watchSlices() knows what was deleted while nobody watched', async context => {
  const api = await FakeApi.start(context);
  api.putSlice('shop', {});
  const watched = watch(context, api);
  await isTold(watched, false, 1);
  await until('the watch', () => (api.watching === 1 ? true : undefined));
  api.stop();
  api.removeSlice('shop');
  api.forget();
  await api.listen();
  await isTold(watched, true, 0);
});

test('watchSlices() tells nothing when it may not read them', async context => {
  const api = await FakeApi.start(context);
  api.fault = (_, response) => {
    refuse(response, 403, 'endpointslices is forbidden');
    return true;
  };
  const watched = watch(context, api);
  await until('the refusal', () => (watched.link.status.state === 'lost' ? true : undefined));
  assert.deepEqual(watched.told, []);
});
