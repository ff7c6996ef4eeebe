/** The API server as it is on a bad day: gone, slow, refusing, talking nonsense or without an end. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readAccount } from '../../agent/kubernetes/account.ts';
import { createClient } from '../../agent/kubernetes/client.ts';
import { TIMING, type Timing } from '../../agent/kubernetes/following.ts';
import { createLink, type Link } from '../../agent/kubernetes/link.ts';
import { type KnownPod, watchPod } from '../../agent/kubernetes/pod-watch.ts';
import { until } from '../agent/until.ts';
import { CERTIFICATE as ELSEWHERE } from '../probes/certificate.ts';
import { FakeApi, type Fault, pour, refuse } from './fake-api.ts';
import { POD_NAME } from './objects.ts';

/** Waits that are asked for, and are made short. */
interface Watched {
  readonly api: FakeApi;
  readonly known: () => KnownPod | undefined;
  readonly link: Link;
  /** How the link changed. */
  readonly changes: string[];
  /** The failures in a row and what the server asked to wait, at each wait. */
  readonly waits: [failures: number, askedMs: number | undefined][];
  readonly end: () => void;
}

const SHORT: Timing = {
  ...TIMING,
  list: { headMs: 400, quietMs: 300, wholeMs: 800 },
  watch: { headMs: 400, quietMs: 2000, wholeMs: 20_000 },
  shortestWatchMs: 100,
};

async function watch(context: TestContext, fault?: Fault, timing: Partial<Timing> = {}): Promise<Watched> {
  const api = await FakeApi.start(context);
  api.fault = fault;
  const waits: Watched['waits'] = [];
  const changes: string[] = [];
  let known: KnownPod | undefined;
  const link = createLink(() => performance.now(), {
    heard: () => {},
    changed: ({ state, because }) => changes.push(because === null ? state : `${state}: ${because}`),
  });
  const client = createClient(() => readAccount(api.folder, api.environment), 'podusher/test');
  const end = watchPod({
    client,
    name: POD_NAME,
    namespace: 'shop',
    link,
    changed: next => {
      known = next;
    },
    timing: {
      ...SHORT,
      backOffMs(failures, _, askedMs) {
        waits.push([failures, askedMs]);
        return 20;
      },
      ...timing,
    },
  });
  context.after(() => {
    end();
    client.close();
  });
  return { api, known: () => known, link, changes, waits, end };
}

function is(link: Link, state: string): Promise<true> {
  return until(`the link to be ${state}`, () => (link.status.state === state ? true : undefined));
}

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

const REFUSALS: readonly [code: number, message: string, because: string][] = [
  [401, 'Unauthorized', 'HTTP 401: "Unauthorized"'],
  [403, 'pods is forbidden', 'HTTP 403: "pods is forbidden"'],
  [
    404,
    'the server could not find the requested resource',
    'HTTP 404: "the server could not find the requested resource"',
  ],
  [429, 'too many requests', 'HTTP 429: "too many requests"'],
  [503, '', 'HTTP 503'],
];

for (const [code, message, because] of REFUSALS) {
  test(`watchPod() says why it is lost when it is refused with ${code}, and comes back`, async context => {
    const { api, link, changes, waits } = await watch(context, (_, response) => {
      refuse(response, code, message, { 'retry-after': '7' });
      return true;
    });
    await is(link, 'lost');
    assert.equal(link.status.because, because);
    await until('some tries', () => waits[4]);
    assert.deepEqual(waits.slice(0, 3), [
      [1, 7000],
      [2, 7000],
      [3, 7000],
    ]);
    api.fault = undefined;
    await is(link, 'watching');
    assert.deepEqual(changes, [`lost: ${because}`, 'watching'], 'each change is told once');
    assert.equal(link.status.because, null);
  });
}

/** Answers that keep, or break, and what is said of them. */
const ANSWERS: readonly [title: string, because: RegExp, fault: Fault][] = [
  ['never answers', /^Did not answer within 400 ms$/, () => true],
  [
    'answers half and stops',
    /^Was quiet for 300 ms$/,
    (_, response) => {
      response.writeHead(200).write('{"metadata":');
      return true;
    },
  ],
  [
    'drips',
    /^Not done within 800 ms$/,
    (_, response) => {
      const drip = setInterval(() => response.write(' '), 50);
      response.once('close', () => clearInterval(drip));
      response.writeHead(200);
      return true;
    },
  ],
  [
    'breaks off',
    /^Broke off/,
    (_, response) => {
      response.writeHead(200).write('{"metadata":');
      setTimeout(() => response.destroy(), 50);
      return true;
    },
  ],
  [
    'answers garbage',
    /^The answer is not a list: "<html>/,
    (_, response) => {
      response.end('<html>Welcome</html>');
      return true;
    },
  ],
  [
    'knows no such pod',
    /^No pod "shop-7d9f8b6c5d-x2x7k" in namespace "shop"$/,
    (_, response) => {
      response.end('{"metadata":{"resourceVersion":"7"},"items":[]}');
      return true;
    },
  ],
  [
    'redirects',
    /^HTTP 302$/,
    (_, response) => {
      response.writeHead(302, { location: 'https://192.0.2.1/' }).end();
      return true;
    },
  ],
  [
    'refuses and never ends saying so',
    /^(HTTP 403|Did not answer within 400 ms)/,
    (_, response) => {
      response.writeHead(403).write('no');
      return true;
    },
  ],
];

for (const [title, because, fault] of ANSWERS) {
  test(`watchPod() is lost, within its deadline, when the server ${title}`, async context => {
    const { api, known, link, waits } = await watch(context, fault);
    await is(link, 'lost');
    assert.match(String(link.status.because), because);
    await until('a second try', () => waits[1]);
    assert.equal(known(), undefined);
    api.fault = undefined;
    await is(link, 'watching');
  });
}

test('watchPod() keeps what it was told last while the API is gone, and comes back when it does', async context => {
  const { api, known, link, changes } = await watch(context);
  await is(link, 'watching');
  api.putPod({ deletion: ['2026-11-22T05:00:08Z', 8] });
  await until('the deletion', () => known()?.deletion);
  api.stop();
  await is(link, 'lost');
  assert.match(String(link.status.because), /^Cannot be reached: ECONNREFUSED$/);
  assert.equal(known()?.deletion?.graceMs, 8000);
  await api.listen();
  await is(link, 'watching');
  assert.equal(changes.length, 3);
});

test('watchPod() keeps little of an answer without an end', async context => {
  const poured: (() => number)[] = [];
  const fault: Fault = (_, response) => {
    poured.push(pour(response));
    return true;
  };
  const { api, link, waits } = await watch(context, fault, {
    list: { headMs: 5000, quietMs: 5000, wholeMs: 5000 },
  });
  await is(link, 'lost');
  assert.match(String(link.status.because), /^Answered more than \d+ bytes$/);
  await until('a second try', () => waits[1]);
  api.fault = (asked, response) => asked.isWatch && fault(asked, response);
  await until(
    'a line without an end',
    () => (link.status.because?.startsWith('A line') === true ? true : undefined),
    20_000,
  );
  for (const mib of poured) assert.ok(mib() < 64, `${mib()} MiB were taken`);
});

test('watchPod() waits longer and longer when watches end at once', async context => {
  const { api, link, waits } = await watch(context, ({ isWatch }, response) => {
    if (isWatch) response.writeHead(200).end();
    return isWatch;
  });
  await until('five waits', () => waits[4]);
  assert.deepEqual(
    waits.slice(0, 5).map(([failures]) => failures),
    [1, 2, 3, 4, 5],
  );
  assert.equal(link.status.because, 'The watch ended at once');
  assert.equal(api.askedFor('pods').length, 1, 'the version is known');
});

test('watchPod() watches anew when a watch is quiet for too long', async context => {
  const watchLimits = { headMs: 400, quietMs: 200, wholeMs: 20_000 };
  const { api, link, changes } = await watch(context, undefined, { watch: watchLimits });
  await until('a third watch', () => api.askedFor('pods', true)[2]);
  await is(link, 'watching');
  assert.deepEqual(changes, ['watching'], 'that is nothing to tell');
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
  await until('a bad token', () => (/service account/.test(link.status.because ?? '') ? true : undefined));
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
