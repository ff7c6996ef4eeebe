/** Probe targets that misbehave: each verdict is in, and the agent's memory stays what it was. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { startAgent } from './launch.ts';
import { assertBetween } from './pod.ts';
import { assertPrompt } from './timing.ts';
import { until } from './until.ts';

interface Target {
  readonly serve: (socket: Socket) => void;
  readonly verdict: 'ready' | 'failed';
  readonly reason: RegExp;
  /** Short only where it runs out: this process may be busy. */
  readonly timeoutSeconds: 1 | 10;
}

const TARGETS: Readonly<Record<string, Target>> = {
  silent: { serve: () => {}, verdict: 'failed', reason: /did not answer within 1 s$/, timeoutSeconds: 1 },
  gigabyte: {
    serve: socket => pour(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n'),
    verdict: 'ready',
    reason: /^HTTP 200/,
    timeoutSeconds: 10,
  },
  headers: {
    serve: socket => pour(socket, `HTTP/1.1 200 OK\r\nX-A: `),
    verdict: 'failed',
    reason: /sent too many headers/,
    timeoutSeconds: 10,
  },
  garbage: {
    serve: socket => pour(socket, '\u0000\u0001\u0002'),
    verdict: 'failed',
    reason: /did not answer in HTTP/,
    timeoutSeconds: 10,
  },
  dripping: {
    serve: socket => {
      const drip = setInterval(() => socket.write('H'), 100);
      socket.on('close', () => clearInterval(drip));
    },
    verdict: 'failed',
    reason: /did not answer within 1 s$|did not answer in HTTP/,
    timeoutSeconds: 1,
  },
  resetting: {
    serve: socket => socket.resetAndDestroy(),
    verdict: 'failed',
    reason: /reset the connection|closed the connection/,
    timeoutSeconds: 10,
  },
};

/** Sends that, and then more without end. */
function pour(socket: Socket, begin: string): void {
  const chunk = Buffer.alloc(65_536, 'a');
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', more);
  socket.write(begin, 'latin1');
  more();
}

async function listen(context: TestContext, serve: (socket: Socket) => void): Promise<number> {
  const server = createServer(socket => {
    socket.on('error', () => {});
    socket.once('data', () => serve(socket));
    context.after(() => socket.destroy());
  });
  context.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

describe('probes of targets that misbehave', { timeout: 120_000 }, () => {
  it('give their verdicts, and nothing else happens', async context => {
    const annotations = await Promise.all(
      Object.entries(TARGETS).map(async ([name, { serve, timeoutSeconds }]) => {
        const httpGet = { port: await listen(context, serve), path: '/' };
        const probe = { httpGet, periodSeconds: 1, failureThreshold: 1, timeoutSeconds };
        return [`readiness-probe.podusher.dev/${name}`, JSON.stringify(probe)];
      }),
    );
    const agent = await startAgent(context, { annotations: Object.fromEntries(annotations) });
    const containers = await until('all verdicts', async () => {
      const found = (await agent.status()).containers;
      return found.every(({ verdict }) => verdict.type !== 'pending') ? found : undefined;
    });
    for (const { name, verdict } of containers) {
      const target = TARGETS[name];
      assert.ok(target);
      assert.deepEqual([name, verdict.type], [name, target.verdict]);
      assert.match(verdict.reason, target.reason);
    }
    const { nowMiB } = agent.memory();
    const { length } = (await agent.get('/metrics')).body;
    const lines = agent.log.length;
    await until('three more probes of each', async () => {
      const probes = [...(await agent.get('/metrics')).body.matchAll(/^podusher_probes_total{.*} (\d+)$/gm)];
      return probes.every(([, count]) => Number(count) >= 4) ? true : undefined;
    });
    assertBetween(agent.memory().peakMiB - nowMiB, 0, 48);
    assert.equal(agent.log.length, lines, 'probes are logged');
    assertBetween((await agent.get('/metrics')).body.length - length, -100, 100);
    assertPrompt(agent, await agent.get('/livez'));
  });
});
