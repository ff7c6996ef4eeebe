/** The API server on a bad day: gone, slow, refusing, talking nonsense or without an end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Limits } from '../../agent/kubernetes/client.ts';
import { until } from '../agent/until.ts';
import { pour, refuse, send } from './answers.ts';
import type { Fault } from './fake-api.ts';
import { podObject } from './objects.ts';
import { is, PATIENT, watch } from './watched.ts';

const REFUSALS: readonly [code: number, message: string, because: string][] = [
  [401, 'Unauthorized', 'HTTP 401: Unauthorized'],
  [403, 'pods is forbidden', 'HTTP 403: pods is forbidden'],
  [
    404,
    'the server could not find the requested resource',
    'HTTP 404: the server could not find the requested resource',
  ],
  [429, 'too many requests', 'HTTP 429: too many requests'],
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

/** Answers that keep, or break, what is said of them, and the deadline that it takes. */
const ANSWERS: readonly [title: string, because: RegExp, fault: Fault, deadline?: Partial<Limits>][] = [
  ['never answers', /^Did not answer within 400 ms$/, () => true, { headMs: 400 }],
  [
    'answers half and stops',
    /^Was quiet for 300 ms$/,
    (_, response) => {
      response.writeHead(200).write('{"metadata":');
      return true;
    },
    { quietMs: 300 },
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
    { wholeMs: 800 },
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
    'lists without an end',
    /^More than 10 objects$/,
    (_, response) => {
      response.end('{"metadata":{"resourceVersion":"7","continue":"x"},"items":[]}');
      return true;
    },
  ],
  [
    'lists more than was asked for',
    /^A page of 11 objects, where 10 were asked for$/,
    (_, response) => {
      response.end(`{"metadata":{"resourceVersion":"7"},"items":[${'1,'.repeat(10)}1]}`);
      return true;
    },
  ],
  [
    'tells of another pod',
    /^Pod "shop\/other" was told of, where "shop\/shop-7d9f8b6c5d-x2x7k" was asked for$/,
    (_, response) => {
      send(response, 200, { metadata: { resourceVersion: '7' }, items: [podObject({ name: 'other' })] });
      return true;
    },
  ],
  [
    'changes to another protocol',
    /^HTTP 101$/,
    (_, response) => {
      response.socket?.write(
        'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n',
      );
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
    { headMs: 400 },
  ],
];

for (const [title, because, fault, deadline] of ANSWERS) {
  test(`watchPod() is lost, within its deadline, when the server ${title}`, async context => {
    const { api, known, link, waits } = await watch(context, fault, { list: { ...PATIENT, ...deadline } });
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
  const { api, link, waits } = await watch(context, fault);
  await is(link, 'lost');
  assert.match(String(link.status.because), /^Answered more than \d+ bytes$/);
  await until('a second try', () => waits[1]);
  api.fault = (asked, response) => asked.isWatch && fault(asked, response);
  await until('a line without an end', () =>
    link.status.because?.startsWith('A line') === true ? true : undefined,
  );
  for (const mib of poured) assert.ok(mib() < 64, `${mib()} MiB were taken`);
});
