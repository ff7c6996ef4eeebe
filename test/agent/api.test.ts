/** The built agent with `--api`, against an API server that has good days and bad ones. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Status } from '../../lib/status/status.ts';
import type { Wire } from '../../lib/status/wire.ts';
import { pour, refuse } from '../kubernetes/answers.ts';
import { FakeApi } from '../kubernetes/fake-api.ts';
import { type ContainerParts, POD_NAME, UID } from '../kubernetes/objects.ts';
import { App } from './app.ts';
import { openConnections } from './clients.ts';
import { ask } from './http.ts';
import { type Agent, type Launch, startAgent } from './launch.ts';
import { metricsOf } from './metrics-text.ts';
import { portsOf } from './pod.ts';
import { assertHeld, assertOnTime } from './timing.ts';
import { until } from './until.ts';
import type { Annotations } from './volume.ts';

const EXEC = { exec: { command: ['check'] } };
const AGENT: ContainerParts = { name: 'podusher', sidecar: true, ready: true };
/** `ready` is the verdict of its own exec probe. */
const app = (ready: boolean): ContainerParts => ({ name: 'app', readinessProbe: EXEC, ready });

interface Pod {
  readonly api: FakeApi;
  readonly app: App;
  readonly agent: Agent;
}

/** A pod of one app, whose API is there. */
async function startPod(
  context: TestContext,
  annotations: Annotations = {},
  prepare: (api: FakeApi) => void = () => {},
): Promise<Pod> {
  const api = await FakeApi.start(context);
  api.putPod({ containers: [AGENT, app(true)] });
  prepare(api);
  const own = await App.start(context);
  const agent = await startAsking(context, api, {
    annotations: { ...portsOf({ app: own }), ...annotations },
  });
  return { api, app: own, agent };
}

function startAsking(context: TestContext, api: FakeApi, launch: Launch = {}): Promise<Agent> {
  return startAgent(context, {
    ...launch,
    flags: ['--api', `--pod-name=${POD_NAME}`, `--service-account=${api.folder}`, ...(launch.flags ?? [])],
    environment: api.environment,
  });
}

/** @returns the status once it is as wanted. */
function whenStatus(
  agent: Agent,
  what: string,
  isSo: (status: Wire<Status>) => boolean,
): Promise<Wire<Status>> {
  return until(what, async () => {
    const status = await agent.status();
    return isSo(status) ? status : undefined;
  });
}

function watches(agent: Agent): Promise<Wire<Status>> {
  return whenStatus(agent, 'the API to be watched', ({ api }) => api?.watch.state === 'watching');
}

async function evidenceOf(agent: Agent): Promise<string | null> {
  return (await agent.status()).drain.evidence;
}

describe('podusher agent --api', { concurrency: 2, timeout: 280_000 }, () => {
  it("knows the pod's containers and its grace period from its spec", async context => {
    const { api, agent } = await startPod(context, { 'podusher.dev/non-critical': 'statsd' }, fake =>
      fake.putPod({
        graceSeconds: 90,
        containers: [{ name: 'proxy', sidecar: true }, AGENT, app(true), { name: 'statsd' }],
      }),
    );
    const {
      settings,
      containers,
      api: told,
    } = await whenStatus(
      agent,
      'the spec in effect',
      status => status.settings.values?.gracePeriodMs === 90_000,
    );
    assert.deepEqual(
      containers.map(({ name, kind, critical }) => [name, kind, critical]),
      [
        ['proxy', 'native-sidecar-before-agent', true],
        ['app', 'regular', true],
        ['statsd', 'regular', false],
      ],
    );
    assert.deepEqual(settings.problems, []);
    assert.equal(told?.pod.uid, UID);
    assert.equal(api.askedFor('endpointslices').length, 0, 'slices are asked for in drains only');
    await agent.annotate({ 'podusher.dev/grace-period': '40s' });
    assert.equal((await agent.status()).settings.values?.gracePeriodMs, 40_000, 'an annotation goes first');
  });

  it("takes the kubelet's verdict on a container that has a probe of its own", async context => {
    const { api, agent } = await startPod(context, {}, fake =>
      fake.putPod({ containers: [AGENT, app(false)] }),
    );
    await watches(agent);
    const { status, body } = await agent.get('/ready');
    assert.equal(status, 503);
    assert.match(body, /\[-\]app failed: the kubelet calls it not ready, by its own exec probe/);
    api.putPod({ containers: [AGENT, app(true)] });
    await until('the readiness', async () => ((await agent.get('/ready')).status === 200 ? true : undefined));
    await until('the Event', () => api.events.find(({ reason }) => reason === 'Ready'));
    api.putPod({ containers: [AGENT, app(false)] });
    const told = await until('the Event', () => api.events.find(({ reason }) => reason === 'NotReady'));
    assert.equal(told.message, 'not ready: app: the kubelet calls it not ready, by its own exec probe');
    assert.equal(told.type, 'Warning');
  });

  it('probes by itself where an annotation says so, whatever the kubelet thinks', async context => {
    const {
      api,
      app: own,
      agent,
    } = await startPod(context, {}, fake => fake.putPod({ containers: [AGENT, app(false)] }));
    await watches(agent);
    await agent.annotate({ 'readiness-probe.podusher.dev/app': `http://:${own.port}/healthz` });
    await until('the readiness', async () => ((await agent.get('/ready')).status === 200 ? true : undefined));
    assert.equal(api.askedFor('pods').length, 1);
  });

  it('says what contradicts the spec, and keeps what it has', async context => {
    const { agent } = await startPod(context);
    await watches(agent);
    agent.volume.write({ 'podusher.dev/containers': 'ap', 'podusher.dev/drain-min': '1s' });
    const { settings } = await whenStatus(agent, 'a problem', status => status.settings.problems.length > 0);
    assert.match(settings.problems.join('\n'), /The pod has no container "ap"; accepted: app/);
    assert.equal(settings.values?.drainMinMs, 5000);
  });

  it('is as without the API when that never says a word', async context => {
    const api = await FakeApi.start(context);
    api.stop();
    const own = await App.start(context);
    const agent = await startAsking(context, api, { annotations: portsOf({ app: own }) });
    const { body } = await agent.get('/ready');
    assert.match(body, /\[-\]app failed: the API has not told of the pod yet/);
    await until('the readiness', async () => ((await agent.get('/ready')).status === 200 ? true : undefined));
    const hook = agent.terminate('app')('app');
    await assertHeld(agent, hook, 5000);
    assert.equal(await evidenceOf(agent), 'own hook and another');
    const { api: told } = await agent.status();
    assert.equal(told?.watch.state, 'lost');
    assert.equal(told?.watch.heardAt, null);
    assert.match(String(told?.watch.because), /ECONNREFUSED/);
    await agent.logged('it has told nothing yet');
    assert.deepEqual(
      agent.log.filter(({ msg }) => msg.includes('what it told last')),
      [],
    );
  });

  for (const [title, spoil] of [
    ['goes away', api => api.stop()],
    [
      'refuses everything',
      api => {
        api.fault = (_, response) => {
          refuse(response, 403, 'forbidden');
          return true;
        };
        api.breakOff();
      },
    ],
    [
      'never answers',
      api => {
        api.fault = () => true;
        api.breakOff();
      },
    ],
    [
      'pours out a gigabyte',
      api => {
        api.fault = (_, response) => {
          pour(response);
          return true;
        };
        api.breakOff();
      },
    ],
  ] as const satisfies readonly (readonly [string, (api: FakeApi) => void])[]) {
    it(`changes no readiness and stops no drain when the API ${title}`, async context => {
      const { api, agent } = await startPod(context, { 'podusher.dev/drain-min': '2s' });
      await watches(agent);
      assert.equal((await agent.get('/ready')).status, 200);
      spoil(api);
      const { api: told } = await whenStatus(
        agent,
        'the API to be lost',
        one => one.api?.watch.state === 'lost',
      );
      assert.equal(typeof told?.watch.heardAt, 'number');
      assert.equal((await agent.get('/ready')).status, 200);
      const { value } = await metricsOf(agent);
      assert.equal(value('podusher_api_watching{resource="pods"}'), 0);
      assert.ok(value('podusher_api_heard_timestamp_seconds{resource="pods"}') > 1e9);
      const lost = agent.log.filter(({ msg }) => msg.startsWith('The API is lost: pods'));
      assert.deepEqual(
        lost.map(({ msg }) => msg.endsWith('; what it told last holds')),
        [true],
      );
      await assertHeld(agent, agent.terminate('app')('app'), 2000);
      assert.ok(agent.memory().peakMiB < 200, `${agent.memory().peakMiB} MiB`);
    });
  }

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

describe('podusher agent without --api', { timeout: 60_000 }, () => {
  it('asks nothing, though it could', async context => {
    const api = await FakeApi.start(context);
    const agent = await startAgent(context, { environment: api.environment });
    assert.equal((await agent.status()).api, null);
    assert.doesNotMatch((await agent.get('/metrics')).body, /^podusher_api_\w+[{ ]/m);
    assert.equal(api.asked.length, 0);
  });
});
