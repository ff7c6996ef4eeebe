/** The built agent with `--api`, against an API server that has good days and bad ones. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pour, refuse } from '../kubernetes/answers.ts';
import { FakeApi } from '../kubernetes/fake-api.ts';
import { UID } from '../kubernetes/objects.ts';
import { App } from './app.ts';
import { AGENT, app, startAsking, startPod, watches, whenStatus } from './asking-pod.ts';
import { startAgent } from './launch.ts';
import { metricsOf } from './metrics-text.ts';
import { portsOf } from './pod.ts';
import { assertHeld } from './timing.ts';
import { until } from './until.ts';

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
    assert.equal((await agent.status()).drain.evidence, 'own hook and another');
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
