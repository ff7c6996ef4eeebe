import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { readAccount } from '../../agent/kubernetes/account.ts';
import { type Answer, createClient } from '../../agent/kubernetes/client.ts';
import { send } from './answers.ts';
import { FakeApi } from './fake-api.ts';
import { PATIENT } from './watched.ts';

const KEPT = 3;

test('createClient() tries no other kept connection after one on which nobody answers', async context => {
  const api = await FakeApi.start(context);
  const client = createClient(() => readAccount(api.folder, api.environment), 'podusher/test', KEPT);
  context.after(() => client.close());
  const { signal } = new AbortController();
  const ask = (headMs: number): Promise<Answer> =>
    client.ask({ path: '/api/v1/namespaces/shop/pods', signal }, { ...PATIENT, headMs }, 1000);
  const held: ServerResponse[] = [];
  const sockets = new Set<Socket | null>();
  api.fault = (_, response) => {
    sockets.add(response.socket);
    if (held.push(response) === KEPT) for (const one of held) send(one, 200, {});
    return true;
  };
  await Promise.all(Array.from({ length: KEPT }, () => ask(PATIENT.headMs)));
  assert.equal(sockets.size, KEPT, 'one for each, all of which are kept');
  // As behind a virtual address whose server is gone: no word, and no end.
  api.fault = (_, response) => {
    if (!sockets.has(response.socket)) send(response, 200, {});
    return true;
  };
  const first = await ask(200);
  assert.equal(first.ok || first.failure.reason, 'Did not answer within 200 ms');
  assert.deepEqual(await ask(5000), { ok: true, body: '{}' });
});
