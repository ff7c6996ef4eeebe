/** How the pod is followed: listed, watched, and again when the watch ends. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readAccount } from '../../agent/kubernetes/account.ts';
import { createClient } from '../../agent/kubernetes/client.ts';
import { until } from '../agent/until.ts';
import { CERTIFICATE as ELSEWHERE } from '../probes/certificate.ts';
import { FakeApi } from './fake-api.ts';
import { POD_NAME } from './objects.ts';
import { is, PATIENT, watch } from './watched.ts';

test('watchPod() lists the pod, and takes changes from there on', async context => {
  const { api, known, link } = await watch(context);
  await is(link, 'watching');
  assert.equal(known()?.pod.gracePeriodMs, 30_000);
  const [list] = api.askedFor('pods');
  assert.equal(list?.query.get('fieldSelector'), `metadata.name=${POD_NAME}`);
  assert.equal(list?.authorization, 'Bearer token-1');
  const [first] = api.askedFor('pods', true);
  assert.equal(first?.query.get('resourceVersion'), '100');
  assert.ok(Number(first?.query.get('timeoutSeconds')) >= 300);
  api.putPod({ deletion: ['2026-11-22T05:00:08Z', 8] });
  await until('the deletion', () => known()?.deletion);
  assert.equal(known()?.deletion?.graceMs, 8000);
});

test('watchPod() goes on from the last version when the connection breaks, without a word', async context => {
  const { api, known, link, changes } = await watch(context);
  await is(link, 'watching');
  api.putPod({ graceSeconds: 31 });
  await until('the change', () => (known()?.pod.gracePeriodMs === 31_000 ? true : undefined));
  const version = Number(api.now);
  api.breakOff();
  await until('a second watch', () => api.askedFor('pods', true)[1]);
  api.putPod({ graceSeconds: 32 });
  await until('the next change', () => (known()?.pod.gracePeriodMs === 32_000 ? true : undefined));
  assert.equal(api.askedFor('pods').length, 1, 'nothing is listed again');
  const from = Number(api.askedFor('pods', true)[1]?.query.get('resourceVersion'));
  assert.ok(from >= version, 'it goes on after what it has seen');
  assert.deepEqual(changes, ['watching']);
});

test('watchPod() goes on from a bookmark when the server ends the watch', async context => {
  const { api, link, waits } = await watch(context);
  await is(link, 'watching');
  const heardAt = link.status.heardAt ?? 0;
  api.bookmark();
  await until('the bookmark', () => ((link.status.heardAt ?? 0) > heardAt ? true : undefined));
  api.endWatches();
  const second = await until('a second watch', () => api.askedFor('pods', true)[1]);
  assert.equal(second.query.get('resourceVersion'), api.now);
  assert.deepEqual(waits, [], 'an end in good order is no failure');
});

/** What makes the server forget, or the agent not understand. */
const FORGOTTEN: readonly [title: string, spoil: (api: FakeApi) => void][] = [
  [
    'its version is forgotten (410)',
    api => {
      api.forget();
      api.breakOff();
    },
  ],
  [
    'the watch itself says so (ERROR 410)',
    api => api.say('{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old"}}'),
  ],
  ['a line is garbage', api => api.say('<html>Bad gateway</html>')],
  [
    'a line is of something else',
    api => api.say('{"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}}}'),
  ],
];

for (const [title, spoil] of FORGOTTEN) {
  test(`watchPod() lists anew when ${title}`, async context => {
    const { api, known, link } = await watch(context);
    await is(link, 'watching');
    spoil(api);
    await until('a second list', () => api.askedFor('pods')[1]);
    await until('a watch', () => (api.watching === 1 ? true : undefined));
    api.putPod({ graceSeconds: 33 });
    await until('a change', () => (known()?.pod.gracePeriodMs === 33_000 ? true : undefined));
    await is(link, 'watching');
  });
}

const SHORT_WATCHES: readonly [title: string, said: string][] = [
  ['watches end at once', ''],
  ['they do with a bookmark', '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"100"}}}\n'],
];

for (const [title, said] of SHORT_WATCHES) {
  test(`watchPod() waits longer and longer when ${title}`, async context => {
    const { api, link, waits } = await watch(
      context,
      ({ isWatch }, response) => {
        if (isWatch) response.writeHead(200).end(said);
        return isWatch;
      },
      { shortestWatchMs: 5000 },
    );
    await until('five waits', () => waits[4]);
    assert.deepEqual(
      waits.slice(0, 5).map(([failures]) => failures),
      [1, 2, 3, 4, 5],
    );
    assert.equal(link.status.because, 'The watch ended at once');
    assert.equal(api.askedFor('pods').length, 1, 'the version is known');
  });
}

test('watchPod() watches anew when a watch is quiet for too long', async context => {
  const { api, link, changes } = await watch(context, undefined, { watch: { ...PATIENT, quietMs: 200 } });
  await until('a third watch', () => api.askedFor('pods', true)[2]);
  await is(link, 'watching');
  assert.deepEqual(changes, ['watching'], 'that is nothing to tell');
});

test('watchPod() keeps a watch that is quiet for longer than an answer may take to begin', async context => {
  const limits = { ...PATIENT, headMs: 1000 };
  const { api, link, known } = await watch(context, undefined, { watch: limits, shortestWatchMs: 2000 });
  await is(link, 'watching');
  api.putPod({ graceSeconds: 35 });
  await until('the change', () => (known()?.pod.gracePeriodMs === 35_000 ? true : undefined));
  assert.equal(api.askedFor('pods', true).length, 1);
});

test('createClient() makes no request when it is stopped before the service account is read', async context => {
  const api = await FakeApi.start(context);
  const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<typeof readAccount>>>();
  const client = createClient(() => promise, 'podusher/test');
  const controller = new AbortController();
  const asked = { path: '/api/v1/namespaces/shop/pods', signal: controller.signal };
  const answer = client.ask(asked, PATIENT, 1000);
  controller.abort();
  resolve(await readAccount(api.folder, api.environment));
  assert.deepEqual(await answer, { ok: false, failure: { reason: 'Stopped' } });
  assert.equal(api.asked.length, 0);
});

test('createClient() ends by its deadline, and when it is stopped, though the service account is never read', async () => {
  const client = createClient(() => new Promise(() => {}), 'podusher/test');
  const controller = new AbortController();
  const asked = { path: '/', signal: controller.signal };
  const late = await client.ask(asked, { ...PATIENT, headMs: 400 }, 1000);
  assert.deepEqual(late, { ok: false, failure: { reason: 'Did not answer within 400 ms' } });
  const stopped = client.ask(asked, PATIENT, 1000);
  controller.abort();
  assert.deepEqual(await stopped, { ok: false, failure: { reason: 'Stopped' } });
});

test('watchPod() does not take another pod of that name for its own', async context => {
  const { api, known, link } = await watch(context);
  await is(link, 'watching');
  api.putPod({ uid: 'another', deletion: ['2026-11-22T05:00:08Z', 8] });
  api.putPod({ graceSeconds: 34 });
  await until('the own pod', () => (known()?.pod.gracePeriodMs === 34_000 ? true : undefined));
  assert.equal(known()?.deletion, undefined);
});

test('watchPod() takes a pod that was removed by force for deleted', async context => {
  const { api, known, link } = await watch(context);
  await is(link, 'watching');
  api.removePod();
  await until('the deletion', () => known()?.deletion);
  assert.equal(known()?.deletion?.graceMs, 30_000);
});

test('watchPod() uses a renewed token, and says what is wrong with the service account', async context => {
  const { api, link } = await watch(context);
  await is(link, 'watching');
  api.writeAccount('token-2');
  api.breakOff();
  await until('the new token', () => api.asked.find(one => one.authorization === 'Bearer token-2'));
  api.writeAccount('two\nlines');
  api.stop();
  const problem = `${join(api.folder, 'token')}: Is not a token, which is one line of visible ASCII characters`;
  await until('a bad token', () => (link.status.because === problem ? true : undefined));
});

test('watchPod() talks to nobody whose certificate is not the cluster’s', async context => {
  const { api, link } = await watch(context);
  await is(link, 'watching');
  api.writeAccount('token-1', ELSEWHERE);
  api.breakOff();
  await is(link, 'lost');
  assert.match(
    String(link.status.because),
    /^Cannot be reached: (DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED|UNABLE)/,
  );
});

test('watchPod() leaves nothing open when it ends', async context => {
  const { api, link, waits, end } = await watch(context);
  await is(link, 'watching');
  end();
  await until('its watch to be gone', () => (api.watching === 0 ? true : undefined));
  assert.deepEqual(waits, [], 'its own end is no failure');
});
