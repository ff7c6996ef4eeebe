/** Very many callers of `/drain`: all are answered or turned away, and the agent goes on, in bounded memory. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Agent } from './launch.ts';
import { metricsOf } from './metrics-text.ts';
import { assertBetween, startPod } from './pod.ts';
import { openRaw, type RawClient, statusesIn } from './raw.ts';
import { assertPrompt } from './timing.ts';
import { until, within } from './until.ts';

/** What V8 may take there, about: a container of 128 MiB is what the examples give the agent. */
const AS_IN_128_MIB = '--max-old-space-size=48 --max-semi-space-size=1';

const CALL = 'GET /drain?container=app HTTP/1.1\r\nHost: a\r\n\r\n';

/** Opens so many connections at once, to call a hook or, without bytes, for nothing. @returns them, connected. */
async function call(context: TestContext, agent: Agent, count: number, bytes = CALL): Promise<RawClient[]> {
  const callers = Array.from({ length: count }, () => openRaw(agent.port, bytes));
  context.after(() => {
    for (const { socket } of callers) socket.destroy();
  });
  await Promise.all(
    callers.map(({ socket, closed }) =>
      Promise.race([closed, new Promise(done => socket.once('connect', done))]),
    ),
  );
  return callers;
}

describe('an agent that is called too often', { timeout: 120_000 }, () => {
  it('answers or turns away 10,000 callers, and its probes all the while', async context => {
    const { agent } = await startPod(context, {
      annotations: { 'podusher.dev/drain-min': '4s' },
      environment: { NODE_OPTIONS: AS_IN_128_MIB },
    });
    const callers: RawClient[] = [];
    while (callers.length < 10_000) {
      callers.push(...(await call(context, agent, 250)));
      const [live, ready] = await Promise.all([agent.get('/livez'), agent.get('/ready')]);
      assert.equal(live.status, 200);
      for (const answer of [live, ready]) assertPrompt(agent, answer, 1000);
    }
    const heard = await within('all answers', Promise.all(callers.map(({ closed }) => closed)), 60_000);
    const statuses = heard.flatMap(statusesIn);
    const [answered, turnedAway] = [200, 503].map(one => statuses.filter(status => status === one).length);
    assert.ok(answered !== undefined && answered >= 100, `${answered} answered`);
    assert.equal(answered + (turnedAway ?? 0), 10_000);
    assertBetween(agent.memory().peakMiB, 0, 128);
    const metrics = await until('nobody to wait', async () => {
      const read = await metricsOf(agent);
      return read.value('podusher_hooks_waiting') === 0 ? read : undefined;
    });
    assert.equal(metrics.value('podusher_hooks_total{outcome="turned away"}'), turnedAway);
  });

  it('closes the oldest of thousands of connections, so that the last one gets in', async context => {
    const { agent } = await startPod(context, { annotations: { 'podusher.dev/drain-min': '1s' } });
    const held: RawClient[] = [];
    while (held.length < 3000) {
      held.push(...(await call(context, agent, 250, '')));
      assertPrompt(agent, await agent.get('/livez'), 1000);
    }
    await until('the oldest to be closed', () => {
      const open = held.filter(({ socket }) => !socket.destroyed);
      return open.length <= 512 && open.at(-1) === held.at(-1) ? true : undefined;
    });
    const hook = agent.terminate('app');
    assert.equal((await hook('app').answer).body, 'Released: drain over\n');
  });

  it('forgets callers that vanish', async context => {
    const { agent } = await startPod(context, {
      annotations: {
        'podusher.dev/grace-period': '2m',
        'podusher.dev/drain-min': '1m',
        'podusher.dev/restart-drain-max': '1m',
      },
    });
    for (let round = 0; round < 3; round += 1) {
      const callers = await call(context, agent, 100);
      await until('all callers to wait', async () => {
        return (await metricsOf(agent)).value('podusher_hooks_waiting') === 100 ? true : undefined;
      });
      for (const { socket } of callers) socket.resetAndDestroy();
      await until('no callers', async () => {
        return (await metricsOf(agent)).value('podusher_hooks_waiting') === 0 ? true : undefined;
      });
    }
    assert.notEqual((await agent.status()).drain.phase, 'serving');
  });
});
