import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { readAccount } from '../../agent/kubernetes/account.ts';
import { type Answer, type Asked, createClient } from '../../agent/kubernetes/client.ts';
import { send } from './answers.ts';
import { FakeApi } from './fake-api.ts';
import { PATIENT } from './watched.ts';

const KEPT = 3;

interface Bench {
  readonly api: FakeApi;
  /** Asks for pods, unless other is said. */
  readonly ask: (headMs: number, asked?: Partial<Asked>) => Promise<Answer>;
  /** Connections that were used so far. */
  readonly sockets: Set<Socket | null>;
}

/** @returns a client that keeps so many connections. */
async function start(context: TestContext): Promise<Bench> {
  const api = await FakeApi.start(context);
  const client = createClient(() => readAccount(api.folder, api.environment), 'podusher/test', KEPT);
  context.after(() => client.close());
  const { signal } = new AbortController();
  const ask: Bench['ask'] = (headMs, asked) =>
    client.ask({ path: '/api/v1/namespaces/shop/pods', signal, ...asked }, { ...PATIENT, headMs }, 1000);
  const held: ServerResponse[] = [];
  const sockets: Bench['sockets'] = new Set();
  api.fault = (_, response) => {
    sockets.add(response.socket);
    if (held.push(response) === KEPT) for (const one of held) send(one, 200, {});
    return true;
  };
  await Promise.all(Array.from({ length: KEPT }, () => ask(PATIENT.headMs)));
  assert.equal(sockets.size, KEPT, 'one for each, all of which are kept');
  return { api, ask, sockets };
}

test('createClient() tries no other kept connection after one on which nobody answers', async context => {
  const { api, ask, sockets } = await start(context);
  // As behind a virtual address whose server is gone: no word, and no end.
  api.fault = (_, response) => {
    if (!sockets.has(response.socket)) send(response, 200, {});
    return true;
  };
  const first = await ask(200);
  assert.equal(first.ok || first.failure.reason, 'Did not answer within 200 ms');
  assert.deepEqual(await ask(5000), { ok: true, body: '{}' });
});

test('createClient() keeps the connections on which others are answered while one is not', async context => {
  const { api, ask, sockets } = await start(context);
  const hangs = Promise.withResolvers<void>();
  const used: (Socket | null)[] = [];
  // As where the server waits for a webhook.
  api.fault = ({ query }, response) => {
    if (query.has('hangs')) hangs.resolve();
    else if (used.push(response.socket) > 0) send(response, 200, {});
    return true;
  };
  const first = ask(1000, { path: '/api/v1/namespaces/shop/pods?hangs' });
  await hangs.promise;
  assert.ok((await ask(PATIENT.headMs)).ok);
  const failed = await first;
  assert.equal(failed.ok || failed.failure.reason, 'Did not answer within 1000 ms');
  assert.ok((await ask(PATIENT.headMs)).ok);
  assert.equal(used.length, 2);
  assert.ok(used.every(socket => socket === used[0] && sockets.has(socket)));
});

test('createClient() does not send what is forbidden, and says so', async context => {
  const { api, ask } = await start(context);
  const { length } = api.asked;
  assert.deepEqual(await ask(PATIENT.headMs, { forbidden: () => 'Too late' }), {
    ok: false,
    failure: { reason: 'Too late', isForbidden: true },
  });
  assert.equal(api.asked.length, length);
});
