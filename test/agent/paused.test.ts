/** The agent stands still for a while (a frozen container, a machine without CPU): what it missed is unknown to it, not zero. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openConnections } from './clients.ts';
import { ask } from './http.ts';
import type { Agent } from './launch.ts';
import { startPod } from './pod.ts';
import { until } from './until.ts';

const PAUSE_MS = 8000;

/** Stands still, as for the kernel's freezer. */
async function pause(agent: Agent): Promise<void> {
  agent.signal('SIGSTOP');
  await sleep(PAUSE_MS);
  agent.signal('SIGCONT');
}

/** @returns how the drain ended, and that its story is in order. */
async function reasons(agent: Agent): Promise<string[]> {
  const { timeline } = await agent.status();
  const times = timeline.map(({ at }) => at);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  return timeline.flatMap(entry =>
    entry.type === 'arrivals-ended' || entry.type === 'drained' ? [entry.because] : [],
  );
}

describe('an agent that stands still', { concurrency: true, timeout: 120_000 }, () => {
  it('does not end a drain though all that goes on came while it did', async context => {
    const { agent, apps } = await startPod(context, {
      annotations: { 'podusher.dev/grace-period': '60s', 'podusher.dev/drain-min': '1s' },
    });
    const { port } = apps.app;
    const from = agent.outside;
    const clients = openConnections(context, { port, from }, elapsedMs =>
      elapsedMs < 20_000 ? 50 : undefined,
    );
    await sleep(4000);
    const hook = agent.terminate('app')('app');
    await agent.logged('termination');
    await sleep(1500);
    await pause(agent);
    const { at } = await hook.answer;
    await clients.done;
    assert.ok(at > (clients.lastAt ?? Number.NaN) || clients.latestMs > 1000, `${at} ${clients.lastAt}`);
    assert.equal((await reasons(agent)).at(-1), 'nothing in flight');
  });

  it('goes on waiting for what was in flight before it did', async context => {
    const { agent, apps } = await startPod(context, {
      annotations: { 'podusher.dev/grace-period': '60s', 'podusher.dev/drain-min': '1s' },
    });
    const { app } = apps;
    const asked = ask({ port: app.port, from: agent.outside, path: '/?ms=14000' });
    await until('the request', () => (app.inFlight === 1 ? true : undefined));
    const hook = agent.terminate('app')('app');
    await agent.logged('termination');
    await pause(agent);
    await asked;
    assert.ok((await hook.answer).at >= (app.answeredAt ?? Number.NaN));
    assert.equal((await reasons(agent)).at(-1), 'nothing in flight');
  });

  it('does not take an answer for late that came while it did', async context => {
    const slow = createServer((_, response) => void setTimeout(() => response.end('ok'), 700));
    slow.listen(0, '127.0.0.1');
    context.after(() => slow.close().closeAllConnections());
    await until('the server', () => slow.listening || undefined);
    const address = slow.address();
    assert.ok(address !== null && typeof address === 'object');
    const httpGet = { port: address.port, path: '/' };
    const probe = JSON.stringify({ httpGet, periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 1 });
    const { agent } = await startPod(context, { annotations: { 'readiness-probe.podusher.dev/app': probe } });
    await until('it to be ready', async () => (await agent.get('/ready')).status === 200 || undefined);
    for (let round = 0; round < 3; round += 1) {
      await pause(agent);
      await sleep(1500 + round * 300);
    }
    assert.deepEqual(
      agent.log.filter(({ msg }) => msg.includes('did not answer')).map(({ msg }) => msg),
      [],
    );
  });
});
