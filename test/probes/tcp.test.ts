import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probe, rawTarget, run } from './target.ts';

test('probeTcp() succeeds when the target accepts, and closes at once', async context => {
  let received = 0;
  const accepting = await rawTarget(context, socket =>
    socket.on('data', chunk => (received += chunk.length)),
  );
  assert.deepEqual(await run(probe(`tcp://:${accepting.port}`)), {
    type: 'success',
    reason: `127.0.0.1:${accepting.port} accepts connections`,
    connections: 1,
  });
  await accepting.allClosed();
  assert.equal(received, 0);
});

test('probeTcp() looks up the name when the host is one', async context => {
  const { port } = await rawTarget(context, () => {});
  assert.equal((await run(probe(`tcp://localhost:${port}`))).type, 'success');
});

test('probeTcp() fails when nobody listens or the name is unknown', async () => {
  const refused = await run(probe('tcp://:1'));
  assert.deepEqual(refused, {
    type: 'failure',
    reason: '127.0.0.1:1 refused the connection',
    isRefused: true,
    connections: 0,
  });
  const elsewhere = await run(probe('tcp://127.0.0.1:1'));
  assert.deepEqual([elsewhere.reason, elsewhere.isRefused], [refused.reason, undefined]);
  const unknown = await run(probe('tcp://no-such-host.invalid:80', 5));
  assert.deepEqual([unknown.type, unknown.connections], ['failure', 0]);
});
