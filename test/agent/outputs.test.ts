/** What people and machines read, in every phase of a pod's life: `/status`, `/metrics`, the page, the log. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { METRICS } from '../../lib/metrics/table.ts';
import type { Agent } from './launch.ts';
import { metricsOf } from './metrics-text.ts';
import { startPair, startPod } from './pod.ts';
import { until } from './until.ts';

const SCHEMA: object = JSON.parse(
  readFileSync(new URL('../../deploy/status.schema.json', import.meta.url), 'utf8'),
);
const isStatus = new Ajv({ strict: false }).compile(SCHEMA);

/** Waits for a phase, and checks all that can be read in it. All of it is asked at once: phases pass. */
async function assertReadable(agent: Agent, phase: string): Promise<void> {
  const [status, metrics] = await until(`the phase ${phase}`, async () => {
    const found = await Promise.all([agent.status(), metricsOf(agent), assertPage(agent)]);
    return found[0].drain.phase === phase ? found : undefined;
  });
  assert.ok(isStatus(status), `${phase}: ${JSON.stringify(isStatus.errors)}`);
  assert.equal(metrics.value(`podusher_drain_phase{phase="${phase}"}`), 1);
}

/** The page is there, and what it may run is what it has. */
async function assertPage(agent: Agent): Promise<void> {
  const { status, body, headers } = await agent.get('/');
  assert.deepEqual([status, headers['content-type']], [200, 'text/html; charset=utf-8']);
  const policy = String(headers['content-security-policy']);
  assert.match(policy, /^default-src 'none';/);
  for (const tag of ['script', 'style']) {
    const found = [...body.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))];
    assert.equal(found.length, 1, tag);
    const hash = createHash('sha256')
      .update(found[0]?.[1] ?? '')
      .digest('base64');
    assert.ok(policy.includes(`${tag}-src 'sha256-${hash}'`), tag);
  }
}

describe('what can be read', { concurrency: true, timeout: 120_000 }, () => {
  it('is right while it is not settled whether a hook is that of a restart', async context => {
    const { agent } = await startPod(context);
    await assertReadable(agent, 'serving');
    const hook = agent.hook('app');
    await assertReadable(agent, 'settling');
    hook.abandon();
  });

  it('is right in every phase of a termination', async context => {
    const { agent, apps } = await startPod(context, { annotations: { 'podusher.dev/drain-min': '4s' } });
    const hook = agent.terminate('app');
    await assertReadable(agent, 'draining');
    await hook('app').answer;
    await assertReadable(agent, 'stopping');
    apps.app.stop();
    await hook('podusher').answer;
    await assertReadable(agent, 'stopped');
    const { timeline } = await agent.status();
    assert.deepEqual(
      timeline.map(({ type }) => type),
      ['hook', 'hook', 'termination', 'arrivals-ended', 'drained', 'released', 'stopped', 'released'],
    );
    const told = agent.log.flatMap(({ entry }) => (entry === undefined ? [] : [entry]));
    assert.deepEqual(told, JSON.parse(JSON.stringify(timeline)));
  });

  it('has the name that the pod is told to have, and says who kept it from being ready', async context => {
    const { agent, apps } = await startPod(context, { flags: ['--pod-name=shop-1'] });
    await until('readiness', async () => ((await agent.get('/ready')).status === 200 ? true : undefined));
    apps.app.stop();
    await until('its end', async () => ((await agent.get('/ready')).status === 503 ? true : undefined));
    const { name, readinessChanges } = await agent.status();
    const last = readinessChanges.slice(-2).map(({ ready, because }) => [ready, because]);
    assert.deepEqual(last, [
      [true, []],
      [false, [`app: port ${apps.app.port} does not listen`]],
    ]);
    const { body } = await agent.get('/');
    assert.equal(name, 'shop-1');
    assert.match(body, /<title>NOT READY: shop-1<\/title>/);
    assert.match(body, /<td>NOT READY<\/td><td>app: port \d+ does not listen/);
  });

  it('is right in a restart', async context => {
    const { agent } = await startPair(context, { annotations: { 'podusher.dev/drain-min': '5s' } });
    const hook = agent.hook('auth');
    await assertReadable(agent, 'draining');
    assert.equal((await agent.status()).drain.kind, 'restart');
    hook.abandon();
  });

  it('has all metrics of the table, and no others', async context => {
    const { agent, apps } = await startPod(context, {
      annotations: ({ app }) => ({
        'readiness-probe.podusher.dev/app': `http://:${app.port}/healthz`,
        'podusher.dev/drain-min': '1s',
        'drain-action.podusher.dev/app': `POST http://:${app.port}/drain/begin`,
      }),
    });
    const hook = agent.terminate('app');
    await hook('app').answer;
    apps.app.stop();
    await hook('podusher').answer;
    const { types, labels, value } = await metricsOf(agent);
    const expected = Object.entries(METRICS).map(([name, { type }]) => [name, type]);
    assert.deepEqual(Object.fromEntries(types), Object.fromEntries(expected));
    for (const [name, names] of labels) {
      const known = Object.entries(METRICS).find(([metric]) => metric === name)?.[1].labels;
      assert.deepEqual([...names], [...(known ?? [])], name);
    }
    assert.equal(value('podusher_drained_total{because="nothing in flight"}'), 1);
    assert.equal(value('podusher_drain_seconds_count'), 1);
    assert.equal(value('podusher_hooks_total{outcome="placed"}'), 2);
    assert.equal(value('podusher_drain_actions_total{container="app",outcome="success"}'), 1);
    assert.equal(value('podusher_released_total{because="drain over"}'), 1);
    assert.ok(value('podusher_probes_total{container="app",result="success"}') >= 1);
    assert.ok(value('podusher_samples_total{source="sock_diag"}') >= 3);
    assert.ok(value('podusher_resident_memory_bytes') > 1e6);
    assert.ok(value('podusher_cpu_seconds_total') > 0);
  });

  it('is the same for those who name the host as well, as proxies do', async context => {
    const { agent } = await startPod(context);
    const asks = ['/ready', '/readyz?verbose', '/livez', '/'].map(async path => {
      const named = await agent.get(`http://pod.example:${agent.port}${path}`);
      const { status, headers } = await agent.get(path);
      assert.deepEqual(
        [named.status, named.headers['content-type']],
        [status, headers['content-type']],
        path,
      );
    });
    await Promise.all(asks);
    assert.match((await agent.get('HTTP://a?verbose')).body, /^<!doctype html>/i);
    assert.match((await agent.get('http://a/readyz?verbose')).body, /\[\+\]app ok/);
    assert.equal((await agent.get('ftp://a/ready')).status, 404);
  });

  it('has no body when HEAD asks for it', async context => {
    const { agent } = await startPod(context);
    for (const path of ['/', '/status', '/metrics', '/livez', '/readyz']) {
      const { status, body, headers } = await agent.get(path, { method: 'HEAD' });
      assert.deepEqual([status, body], [200, ''], path);
      assert.ok(Number(headers['content-length']) > 0, path);
      assert.equal(headers['cache-control'], 'no-store');
    }
  });
});
