/** The agent's image as a native sidecar, on real kubelets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply, get, kubectl, podGet, waitFor } from './kubectl.ts';
import { withNamespace } from './namespace.ts';
import { APP_PORT, pod } from './pod.ts';
import { statusOf } from './ushered/status.ts';
import { until } from './wait.ts';

const READY_MS = 60_000;
const GONE_MS = 60_000;
/** So long that the pod can be asked meanwhile. */
const DRAIN_MIN_MS = 12_000;

/** Answers 503 until somebody asks for /open; on SIGTERM it says when, and leaves. */
const APP = `
  let open = false;
  require('node:http').createServer((request, response) => {
    if (request.url === '/open') open = true;
    response.statusCode = open ? 200 : 503;
    response.end();
  }).listen(${APP_PORT});
  process.on('SIGTERM', () => { console.log(JSON.stringify({ sigterm: Date.now() })); process.exit(); });`;

async function readyStatus(namespace: string, name: string): Promise<unknown> {
  const { status } = Object(await get(namespace, 'pod', name));
  const conditions: unknown[] = status.conditions ?? [];
  return conditions.map(Object).find(({ type }) => type === 'Ready')?.status;
}

test('the cluster has nodes that are Ready, in two zones', async () => {
  const { items } = Object(await get('default', 'nodes'));
  const nodes: unknown[] = items;
  const zones = nodes.map(node => Object(node).metadata.labels['topology.kubernetes.io/zone']);
  assert.ok(new Set(zones).size >= 2, `zones ${zones.join(', ')}`);
  await kubectl(['wait', 'nodes', '--all', '--for=condition=Ready']);
});

test('a pod is Ready when /ready of the agent says so, not before', async context => {
  const namespace = await withNamespace(context, 'ready');
  await apply(namespace, pod('web', { app: APP }));
  await until(
    'the agent has seen the app answer 503',
    async () => JSON.stringify((await statusOf(namespace, 'web')).blockers).includes('503'),
    { timeoutMs: READY_MS },
  );
  assert.equal(await readyStatus(namespace, 'web'), 'False');
  await podGet(namespace, 'web', APP_PORT, '/open');
  await waitFor(namespace, 'pod/web', 'condition=Ready', READY_MS);
});

test('on deletion the hooks reach the agent, it reads sockets by netlink, and SIGTERM follows its release', async context => {
  const namespace = await withNamespace(context, 'hooks');
  const annotations = { 'podusher.dev/drain-min': `${DRAIN_MIN_MS}ms` };
  await apply(namespace, pod('web', { app: APP, annotations }));
  await until('the app is open', async () => (await podGet(namespace, 'web', APP_PORT, '/open')) === '', {
    timeoutMs: READY_MS,
  });
  await waitFor(namespace, 'pod/web', 'condition=Ready', READY_MS);
  const follow = ['--namespace', namespace, 'logs', '--follow', 'web', '--container'];
  const logs = Promise.all(
    ['podusher', 'app'].map(name => kubectl([...follow, name], { timeoutMs: GONE_MS })),
  );
  // It is awaited unless something else fails before.
  logs.catch(() => {});
  await kubectl(['--namespace', namespace, 'delete', 'pod', 'web', '--wait=false']);
  await until(
    'the agent reads sockets by netlink',
    async () => (await statusOf(namespace, 'web')).sources.sockets.used === 'sock_diag',
    { timeoutMs: GONE_MS },
  );
  const [agent = '', app = ''] = await logs;
  const entries = agent.trim().split('\n').map(entryOf);
  const at = (type: string, container?: string): number => {
    const entry = entries.find(
      one => one.type === type && (container === undefined || one.container === container),
    );
    assert.ok(entry, `${type} ${container ?? ''} in\n${agent}`);
    return Number(entry.at);
  };
  const { sigterm } = JSON.parse(app);
  assert.ok(at('hook', 'podusher') <= at('termination') && at('hook', 'app') <= at('termination'));
  assert.ok(at('released', 'app') - at('hook') >= DRAIN_MIN_MS, 'drain-min is kept');
  assert.ok(at('released', 'app') <= sigterm, 'SIGTERM comes after the release');
  assert.ok(sigterm <= at('sigterm'), 'the agent is the last');
});

/** @returns the timeline's entry in a line of the log, if it has one */
function entryOf(line: string): Readonly<Record<string, unknown>> {
  return Object(Object(JSON.parse(line)).entry ?? {});
}
