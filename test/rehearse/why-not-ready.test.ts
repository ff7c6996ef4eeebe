import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, describe, it } from 'node:test';
import type { Actor } from '../../agent/rehearse/cast.ts';
import { whyNotReady } from '../../agent/rehearse/why-not-ready.ts';
import { container, pod, probe } from '../kubelet/world.ts';

const servers: Server[] = [];

/** @returns the port of an agent that is not ready. */
async function serve(body: string): Promise<number> {
  const server = createServer((_, response) => response.writeHead(503).end(body)).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

const actor = (isAgent: boolean): Actor => ({ command: [], cwd: '/', isAgent });
const ACTORS = new Map([
  ['podusher', actor(true)],
  ['rails', actor(false)],
]);
const FOUND = ['podusher', 'rails'].map(name => ({ container: name, reason: 'its probe fails' }));

/** What is said of an agent and an app, both probed at this port. */
function told(port: number, warned: readonly string[] = []): Promise<string> {
  const action = { type: 'httpGet', scheme: 'HTTP', host: undefined, port, path: '/', headers: [] } as const;
  const containers = FOUND.map(one => container(one.container, { probes: { readiness: probe({ action }) } }));
  return whyNotReady(FOUND, pod(containers), ACTORS, warned);
}

describe('whyNotReady()', () => {
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  it('has a line for each container, and below the agent one for each check that failed', async () => {
    const checks = ['[-]rails failed: HTTP 503', '[+]auth ok', '[~]statsd failed, non-critical: x'];
    const port = await serve(`${checks.join('\n')}\nreadyz check failed\n`);
    assert.equal(
      await told(port),
      '  podusher: its probe fails\n    [-]rails failed: HTTP 503\n  rails: its probe fails',
    );
  });

  it('says once what the user has been warned of, and all else', async () => {
    const checks = ['a: "1x" is no duration', 'b: "2x" is no duration', 'c: is unknown'];
    const port = await serve(checks.map(check => `[-]settings failed: annotation ${check}\n`).join(''));
    assert.equal(
      await told(port, ['"1x" is no duration', '"2x" is no duration']),
      [
        '  podusher: its probe fails',
        '    [-]settings failed: the warnings above tell why',
        '    [-]settings failed: annotation c: is unknown',
        '  rails: its probe fails',
      ].join('\n'),
    );
  });

  it('bounds what it reads of the agent', async () => {
    const port = await serve(Array.from({ length: 100_000 }, (_, i) => `[-]x failed: ${i}\n`).join(''));
    assert.equal((await told(port)).split('\n').length, 52);
  });

  it('does without the agent where it does not answer', async () => {
    const port = await serve('');
    for (const server of servers.splice(0)) server.close();
    assert.equal(await told(port), '  podusher: its probe fails\n  rails: its probe fails');
  });
});
