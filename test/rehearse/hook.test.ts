import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { runHook } from '../../agent/rehearse/hook.ts';

test('runHook() sends an httpGet as the kubelet does, and any status is an answer', async context => {
  const asked: string[] = [];
  const server = createServer(({ url, headers }, response) => {
    asked.push(`${url} ${headers['user-agent']} ${String(headers['x-why'])}`);
    response.writeHead(500).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => server.close());
  const { port } = Object(server.address());
  // A path may lack its slash, and have what no request line can.
  const target = { scheme: 'HTTP', host: undefined, port, path: 'drain?container=my web' } as const;
  const hook = { type: 'httpGet', ...target, headers: [{ name: 'X-Why', value: 'end' }] } as const;
  const result = await runHook(hook, Object(undefined), AbortSignal.timeout(10_000));
  assert.deepEqual(result, { outcome: 'answered', reason: 'HTTP 500' });
  assert.deepEqual(asked, ['/drain?container=my%20web kube-lifecycle/podusher-rehearse end']);
});
