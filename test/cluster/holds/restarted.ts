/** The kubelet restarts one container of a pod: the app, or the agent. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { apply } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { containerOf, podReady, podStatus } from '../pod-status.ts';
import { probeAt, say, startupAt } from '../recorders/recorder.ts';
import { follow, told } from '../recorders/witness.ts';
import { entry, releasedBecause, startUshered } from '../ushered/ending.ts';
import { untilStatus } from '../ushered/status.ts';
import { usheredPod, WEB_PORT } from '../ushered/ushered.ts';
import { until } from '../wait.ts';

const RESTART_MS = 90_000;

/** Where nobody listens. */
const NOBODY_PORT = 3999;

/** One that answers slowly is not taken for sick. */
const PATIENT = { timeoutSeconds: 5, failureThreshold: 3 };

/** The agent starts before the app that is asked for it. */
const MORE_PATIENT = { timeoutSeconds: 5, failureThreshold: 10, initialDelaySeconds: 15 };

export async function appRestarted(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'app-restarted');
  const witness = await startUshered(context, namespace, {
    web: {
      more: { startupProbe: startupAt(WEB_PORT), livenessProbe: probeAt(WEB_PORT, 'live', PATIENT) },
    },
  });
  await say(namespace, 'pod', WEB_PORT, '/set?kind=live&to=500');
  await untilRestarted(namespace, 'web');
  await podReady(namespace, 'pod');
  await untilStatus(namespace, 'it serves again', ({ drain }) => drain.phase === 'serving');
  await witness.seen('check', 'podusher', { check: 'drain', outcome: 'ended' });

  const { all, line, lines } = witness;
  const story = told(lines);
  assert.deepEqual(
    all('hook', 'podusher').map(({ more }) => more['container']),
    ['web'],
    story,
  );
  assert.ok(entry(witness, 'restart', { container: 'web' }).at <= line('sigterm', 'web').at, story);
  assert.match(String(releasedBecause(witness, 'web')), /^restart/u, story);
  assert.deepEqual(all('termination', 'podusher'), [], story);
  const failed = line('check', 'podusher', { check: 'drain', outcome: 'failed' });
  assert.match(String(failed.more['msg']), /web restarts/u);
  await assertUntouched(namespace, ['auth', 'podusher']);
}

export async function startupFailed(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'startup-failed');
  const probe = { tcpSocket: { port: NOBODY_PORT }, periodSeconds: 1, failureThreshold: 15 };
  await apply(namespace, usheredPod('pod', { web: { more: { startupProbe: probe } } }));
  const isRunning = async (): Promise<boolean> =>
    containerOf(await podStatus(namespace, 'pod'), 'auth').state === 'running';
  await until('auth runs, the last of them', isRunning, { timeoutMs: RESTART_MS });
  const witness = follow(context, namespace, 'pod');
  await witness.seen('restart', 'podusher', { container: 'web' });
  await untilRestarted(namespace, 'web');

  const { all, line, lines } = witness;
  const story = told(lines);
  assert.ok(entry(witness, 'restart', { container: 'web' }).at <= line('sigterm', 'web').at, story);
  assert.match(String(releasedBecause(witness, 'web')), /^restart/u, story);
  assert.deepEqual(all('termination', 'podusher'), [], story);
  await assertUntouched(namespace, ['auth', 'podusher']);
}

export async function agentRestarted(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'agent-restarted');
  const witness = await startUshered(context, namespace, {
    agent: { livenessProbe: probeAt(WEB_PORT, 'agent', MORE_PATIENT) },
  });
  await say(namespace, 'pod', WEB_PORT, '/set?kind=agent&to=500');
  await witness.seen('agent-restart', 'podusher');
  await say(namespace, 'pod', WEB_PORT, '/set?kind=agent&to=200');
  await untilRestarted(namespace, 'podusher');

  const { all, lines } = witness;
  const story = told(lines);
  assert.deepEqual(
    all('hook', 'podusher').map(({ more }) => more['container']),
    ['podusher'],
    story,
  );
  assert.ok(entry(witness, 'agent-restart').at <= entry(witness, 'sigterm').at, story);
  assert.deepEqual(all('termination', 'podusher'), [], story);
  const { ended } = containerOf(await podStatus(namespace, 'pod'), 'podusher');
  assert.equal(ended?.exitCode, 0, story);
  await podReady(namespace, 'pod');
  await assertUntouched(namespace, ['web', 'auth']);
}

async function untilRestarted(namespace: string, container: string): Promise<void> {
  const isRestarted = async (): Promise<boolean> => {
    const { restarts, state } = containerOf(await podStatus(namespace, 'pod'), container);
    return restarts === 1 && state === 'running';
  };
  await until(`${container} is started again`, isRestarted, { timeoutMs: RESTART_MS });
}

async function assertUntouched(namespace: string, containers: readonly string[]): Promise<void> {
  const status = await podStatus(namespace, 'pod');
  for (const name of containers) {
    const { restarts, state } = containerOf(status, name);
    assert.deepEqual({ restarts, state }, { restarts: 0, state: 'running' }, name);
  }
}
