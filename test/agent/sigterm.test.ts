/** SIGTERM to the agent in every phase: it leaves with 0 as soon as no hook waits, and never before. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPod } from './pod.ts';
import { assertHeld, assertOnTime, assertPrompt } from './timing.ts';
import { now } from './until.ts';

const DRAIN_MIN = { annotations: { 'podusher.dev/drain-min': '2s' } };
const AT_ONCE_MS = 500;
/** How long it takes to tell a restart from a termination. */
const SETTLED_MS = 1000;

describe('SIGTERM', { concurrency: true, timeout: 120_000 }, () => {
  it('ends an agent that serves once it is settled that no hook comes', async context => {
    const { agent } = await startPod(context, DRAIN_MIN);
    const signalledAt = now();
    agent.signal('SIGTERM');
    const { code, at } = await agent.left();
    assert.equal(code, 0);
    assertOnTime(agent, at, signalledAt, SETTLED_MS + AT_ONCE_MS);
  });

  it('ends an agent at once when its own hook was answered as that of a restart', async context => {
    const { agent } = await startPod(context, DRAIN_MIN);
    const answer = await agent.hook('podusher').answer;
    assert.equal(answer.body, 'Released: agent restarts\n');
    assertPrompt(agent, answer, SETTLED_MS + AT_ONCE_MS);
    assert.equal((await agent.get('/ready')).status, 200);
    const signalledAt = now();
    agent.signal('SIGTERM');
    const { code, at } = await agent.left();
    assert.equal(code, 0);
    assertOnTime(agent, at, signalledAt, AT_ONCE_MS);
  });

  it('tells a termination when it comes while a hook settles, and the hook is still held', async context => {
    const { agent } = await startPod(context, DRAIN_MIN);
    const hook = agent.hook('app');
    await agent.logged('app preStop hook called');
    agent.signal('SIGTERM');
    await agent.logged('the pod terminates: the agent got SIGTERM');
    const answer = await assertHeld(agent, hook, 2000, AT_ONCE_MS);
    const { code, at } = await agent.left();
    assert.equal(code, 0);
    assertOnTime(agent, at, answer.at, AT_ONCE_MS);
  });

  it('lets an agent that drains wait for the last hook', async context => {
    const { agent, apps } = await startPod(context, DRAIN_MIN);
    const hook = agent.terminate('app');
    await agent.logged('the pod terminates');
    agent.signal('SIGTERM');
    await assertHeld(agent, hook('app'), 2000, AT_ONCE_MS);
    apps.app.stop();
    assert.equal((await hook('podusher').answer).body, 'Released: all others stopped\n');
    assert.equal((await agent.left()).code, 0);
  });

  it('lets an agent that stops the others wait for them', async context => {
    const { agent, apps } = await startPod(context, DRAIN_MIN);
    const hook = agent.terminate('app');
    await hook('app').answer;
    agent.signal('SIGTERM');
    await agent.logged('the agent got SIGTERM');
    await sleep(500);
    assert.equal((await agent.status()).drain.phase, 'stopping');
    apps.app.stop();
    assert.equal((await hook('podusher').answer).body, 'Released: all others stopped\n');
    assert.equal((await agent.left()).code, 0);
    assert.equal(agent.log.at(-1)?.msg, 'the agent leaves', 'its last word');
  });

  it('ends an agent that drains when its callers have vanished', async context => {
    const { agent } = await startPod(context, DRAIN_MIN);
    const hook = agent.terminate('app');
    await agent.logged('the pod terminates');
    hook('app').abandon();
    hook('podusher').abandon();
    await agent.logged('podusher preStop caller left');
    agent.signal('SIGTERM');
    assert.equal((await agent.left()).code, 0);
  });

  it('ends an agent that never had good settings, once held hooks are answered', async context => {
    const { agent } = await startPod(context, {
      annotations: { 'podusher.dev/drain-min': '1s', 'podusher.dev/grace-period': 'soon' },
    });
    const hook = agent.hook('app');
    await agent.logged('A hook is held for drain-min');
    agent.signal('SIGTERM');
    await assertHeld(agent, hook, 1000, AT_ONCE_MS);
    assert.equal((await agent.left()).code, 0);
  });
});
