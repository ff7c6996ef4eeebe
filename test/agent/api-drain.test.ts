/** Drains of the built agent with `--api`: by the deletion, by the EndpointSlices, and told as Events. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AGENT, app, startPod, watches } from './asking-pod.ts';
import { openConnections } from './clients.ts';
import { ask } from './http.ts';
import { assertHeld, assertOnTime } from './timing.ts';
import { until } from './until.ts';

describe('podusher agent --api, in a drain', { concurrency: 2, timeout: 280_000 }, () => {
  it('takes a hook after the deletion for a termination, and cuts the budgets to its grace period', async context => {
    const { api, app: own, agent } = await startPod(context);
    await watches(agent);
    const asked = ask({ port: own.port, from: agent.outside, path: '/?ms=7000' });
    asked.catch(() => {});
    await until('the request', () => (own.inFlight === 1 ? true : undefined));
    api.putPod({ containers: [AGENT, app(true)], deletion: ['2026-11-22T05:00:08Z', 8] });
    await agent.logged('the API tells that the pod is being deleted; grace period 8 s');
    // drain-min and the stop-timeout are 5 s each, which share the 8 s.
    await assertHeld(agent, agent.hook('app'), 4000);
    const { drain } = await agent.status();
    assert.deepEqual([drain.kind, drain.evidence], ['termination', 'deletionTimestamp']);
    assert.equal((drain.deadlines.endAt ?? 0) - (drain.since ?? 0), 8000);
    own.stop();
  });

  it('drains before drain-min when the slices let go and nobody comes any more', async context => {
    const {
      api,
      app: own,
      agent,
    } = await startPod(
      context,
      { 'podusher.dev/drain-min': '10s', 'podusher.dev/grace-period': '60s' },
      fake => fake.putSlice('shop', {}),
    );
    await watches(agent);
    const traffic = { port: own.port, from: agent.outside };
    const clients = openConnections(context, traffic, elapsedMs => (elapsedMs < 4000 ? 50 : undefined));
    await sleep(2500);
    const hook = agent.terminate('app')('app');
    await until('the slices to be watched', () => api.askedFor('endpointslices', true)[0]);
    api.putSlice('shop', { terminating: true });
    const { at } = await hook.answer;
    // Three fifths of drain-min.
    assertOnTime(agent, at, (clients.lastAt ?? Number.NaN) + 6000, 1000);
    const { timeline, api: told } = await agent.status();
    const because = timeline.flatMap(entry => (entry.type === 'arrivals-ended' ? [entry.because] : []));
    assert.deepEqual(because, ['withdrawn']);
    assert.deepEqual([told?.slices?.withdrawn, told?.slices?.terminating], [true, 1]);
    await until('the end of the watch', () => (api.watching === 1 ? true : undefined));
    assert.equal(clients.failed, 0);
  });

  it('lasts drain-min when a slice still sends, however silent it is', async context => {
    const {
      api,
      app: own,
      agent,
    } = await startPod(
      context,
      { 'podusher.dev/drain-min': '8s', 'podusher.dev/grace-period': '60s' },
      fake => {
        fake.putSlice('shop', { terminating: true });
        fake.putSlice('admin', {});
      },
    );
    await watches(agent);
    const traffic = { port: own.port, from: agent.outside };
    const clients = openConnections(context, traffic, elapsedMs => (elapsedMs < 2500 ? 50 : undefined));
    await clients.done;
    const hook = agent.terminate('app')('app');
    await until('the slices to be watched', () => api.askedFor('endpointslices', true)[0]);
    await assertHeld(agent, hook, 8000);
  });

  it('tells the whole story as Events on the pod, in its order', async context => {
    const { api, app: own, agent } = await startPod(context, { 'podusher.dev/drain-min': '1s' });
    await watches(agent);
    api.putPod({ containers: [AGENT, app(true)], deletion: ['2026-11-22T05:00:30Z', 30] });
    await agent.logged('the API tells');
    const released = agent.terminate('app');
    await released('app').answer;
    own.stop();
    await released('podusher').answer;
    const ofReleases = (): number => api.events.filter(({ reason }) => reason === 'ContainerReleased').length;
    await until('the Event of its own release', () => (ofReleases() === 2 ? true : undefined));
    agent.signal('SIGTERM');
    assert.equal((await agent.left()).code, 0);
    const reasons = api.events.map(({ reason }) => reason);
    // The last two are waited for, but not for long.
    assert.deepEqual(
      reasons,
      [
        'Ready',
        'DeletionTold',
        'PreStopHookCalled',
        'PodTerminates',
        'PreStopHookCalled',
        'NewConnectionsEnded',
        'Drained',
        'ContainerReleased',
        'NotReady',
        'ContainerStopped',
        'ContainerReleased',
        'AgentGotSigterm',
        'AgentLeaves',
      ].slice(0, reasons.length),
    );
  });

  it('keeps nobody waiting for Events that are never answered', async context => {
    const {
      api,
      app: own,
      agent,
    } = await startPod(context, { 'podusher.dev/drain-min': '1s' }, fake => {
      fake.fault = ({ kind }) => kind === 'events';
    });
    await watches(agent);
    const released = agent.terminate('app');
    await assertHeld(agent, released('app'), 1000);
    own.stop();
    await released('podusher').answer;
    agent.signal('SIGTERM');
    const { code } = await agent.left();
    assert.equal(code, 0);
    assert.ok(api.askedFor('events').length <= 2, 'one after the other');
  });
});
