/** How exactly `/drain` tells the end of the traffic, by the clock; with real connections, seen in the kernel. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from './app.ts';
import { keepAsking, openConnections, type Traffic } from './clients.ts';
import { ask } from './http.ts';
import type { Agent } from './launch.ts';
import { startPod } from './pod.ts';
import { assertAfterLast, assertHeld, assertOnTime, LATE_MS } from './timing.ts';
import { until } from './until.ts';
import type { Annotations } from './volume.ts';

/** A pod of one app, and the traffic that comes to it from outside. */
async function pod(
  context: TestContext,
  annotations: Annotations,
): Promise<{ readonly app: App; readonly agent: Agent; readonly traffic: Traffic }> {
  const { agent, apps } = await startPod(context, {
    annotations: { 'podusher.dev/grace-period': '60s', ...annotations },
  });
  return { app: apps.app, agent, traffic: { port: apps.app.port, from: agent.outside } };
}

/** Terminates the pod; its hook must be answered once it was held for that long, and be exact. */
async function assertHeldFor(agent: Agent, heldMs: number): Promise<void> {
  await assertHeld(agent, agent.terminate('app')('app'), heldMs);
}

/** @returns why each part of the drain ended. */
async function reasons(agent: Agent): Promise<string[]> {
  const { timeline } = await agent.status();
  return timeline.flatMap(entry =>
    entry.type === 'arrivals-ended' || entry.type === 'drained' ? [entry.because] : [],
  );
}

describe('/drain of a termination', { concurrency: true, timeout: 120_000 }, () => {
  it('is answered with drain-min when nothing is in flight', async context => {
    const { agent } = await pod(context, { 'podusher.dev/drain-min': '5s' });
    await assertHeldFor(agent, 5000);
    assert.deepEqual(await reasons(agent), ['untold', 'nothing in flight']);
  });

  it('is answered with drain-min when connections were kept and idle', async context => {
    const { agent, traffic } = await pod(context, { 'podusher.dev/drain-min': '5s' });
    const clients = keepAsking(context, { ...traffic, ms: 5 }, 3);
    await sleep(300);
    clients.stop();
    await clients.done;
    await assertHeldFor(agent, 5000);
  });

  it("is answered with the answer's last byte when one request is in flight", async context => {
    const { app, agent, traffic } = await pod(context, { 'podusher.dev/drain-min': '1s' });
    const asked = ask({ ...traffic, path: '/?ms=4000' });
    await until('the request', () => (app.inFlight === 1 ? true : undefined));
    const hook = agent.terminate('app')('app');
    await asked;
    assertOnTime(agent, (await hook.answer).at, app.answeredAt ?? Number.NaN);
  });

  it('is answered within 1.5 s of the last of 20 new connections a second', async context => {
    const { agent, traffic } = await pod(context, { 'podusher.dev/drain-min': '2s' });
    const clients = openConnections(context, traffic, elapsedMs => (elapsedMs < 13_000 ? 50 : undefined));
    await sleep(3000);
    const { at } = await agent.terminate('app')('app').answer;
    await clients.done;
    assertAfterLast(agent, at, clients, 1500, 900);
    assert.equal(clients.failed, 0);
    assert.deepEqual(await reasons(agent), ['silence', 'nothing in flight']);
  });

  it('is not answered before the end of arrivals that thin out to a fiftieth', async context => {
    const { agent, traffic } = await pod(context, { 'podusher.dev/drain-min': '1s' });
    // 40 a second before the hook; from then on a third less every half second, down to a fiftieth.
    const clients = openConnections(context, traffic, elapsedMs => {
      const rate = 40 * (2 / 3) ** Math.max(0, (elapsedMs - 2500) / 500);
      return elapsedMs > 10_500 ? undefined : 1000 / Math.max(rate, 40 / 50);
    });
    await sleep(2500);
    const { at } = await agent.terminate('app')('app').answer;
    await clients.done;
    assertAfterLast(agent, at, clients, 12_000, 400);
    assert.deepEqual(await reasons(agent), ['silence', 'nothing in flight']);
  });

  it('is answered with drain-min when not one connection is expected within the silence', async context => {
    // As one a minute is to the silence of 12 s that is waited for by default.
    const { agent, traffic } = await pod(context, {
      'podusher.dev/drain-min': '2s',
      'podusher.dev/drain-silence-max': '1s',
    });
    await ask(traffic);
    await sleep(5000);
    await assertHeldFor(agent, 2000);
    assert.deepEqual(await reasons(agent), ['untold', 'nothing in flight']);
  });

  it('is answered with drain-min when one connection a minute came, the last just before', async context => {
    const { agent, traffic } = await pod(context, { 'podusher.dev/drain-min': '4s' });
    await sleep(12_500);
    await ask(traffic);
    await sleep(500);
    await assertHeldFor(agent, 4000);
  });

  it('is answered with drain-arrivals-max when arrivals never end', async context => {
    const { agent, traffic } = await pod(context, {
      'podusher.dev/drain-min': '1s',
      'podusher.dev/drain-arrivals-max': '4s',
    });
    // So few that no standstill of the machine is a significant silence.
    const clients = openConnections(context, traffic, () => 500);
    await sleep(2000);
    await assertHeldFor(agent, 4000);
    clients.stop();
    await clients.done;
    assert.deepEqual(await reasons(agent), ['deadline', 'nothing in flight']);
  });

  it('is answered drain-kept-max after the arrivals when kept connections never pause', async context => {
    const { agent, traffic } = await pod(context, {
      'podusher.dev/drain-min': '2s',
      'podusher.dev/drain-silence-max': '1s',
      'podusher.dev/drain-kept-max': '3s',
    });
    const clients = keepAsking(context, { ...traffic, ms: 2000 }, 5);
    await sleep(2000);
    const { calledAt, answer } = agent.terminate('app')('app');
    const answered = await answer;
    clients.stop();
    const { timeline } = await agent.status();
    const at = (type: string): number => timeline.find(entry => entry.type === type)?.at ?? Number.NaN;
    // The clock of the agent's process and that of this one are some ms apart.
    assertOnTime(agent, at('drained'), at('arrivals-ended') + 3000);
    assertOnTime(agent, answered.at, calledAt + 2000 + 3000, 2 * LATE_MS);
    assert.deepEqual((await reasons(agent)).at(-1), 'drain-kept-max');
    assert.equal(clients.failed, 0);
  });
});
