/** One container of a pod restarts because its liveness probe fails, another because it ends; then the pod is deleted. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { apply } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { containerOf, deletePod, podReady, podStatus } from '../pod-status.ts';
import { hookAt, probeAt, recorder, recorderPod, say, startupAt } from '../recorders/recorder.ts';
import { follow } from '../recorders/witness.ts';
import { until } from '../wait.ts';

const RESTART_MS = 90_000;
const SICK_PORT = 3001;
const ENDS_PORT = 3002;
const NOTED_PORT = 3003;

export async function restarted(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'restarted');
  const sick = {
    lifecycle: hookAt(NOTED_PORT, 'as=sick'),
    startupProbe: startupAt(SICK_PORT),
    livenessProbe: probeAt(SICK_PORT, 'live', { failureThreshold: 3 }),
  };
  const ends = { lifecycle: hookAt(NOTED_PORT, 'as=ends') };
  // It notes the hooks of all: it does not restart.
  const notes = { lifecycle: hookAt(NOTED_PORT, 'as=notes') };
  const containers = [
    recorder({ name: 'sick', port: SICK_PORT, leaveMs: 0, more: sick }),
    recorder({ name: 'ends', port: ENDS_PORT, leaveMs: 0, more: ends }),
    recorder({ name: 'notes', port: NOTED_PORT, leaveMs: 0, more: notes }),
  ];
  await apply(namespace, recorderPod('pod', {}, { containers }));
  await podReady(namespace, 'pod');
  const { all, line, listening, ended } = follow(context, namespace, 'pod');
  const restarts = async (name: string): Promise<number> =>
    containerOf(await podStatus(namespace, 'pod'), name).restarts;

  await listening('sick', 'ends', 'notes');
  // It answers, and is gone, or has gone already.
  await say(namespace, 'pod', ENDS_PORT, '/exit?code=1').catch(() => {});
  await until('it is started again', async () => (await restarts('ends')) === 1, { timeoutMs: RESTART_MS });
  await context.test('K4: no hook runs when a container ends by itself', () => {
    assert.deepEqual(all('hook', 'notes'), []);
  });

  await say(namespace, 'pod', SICK_PORT, '/set?kind=live&to=500');
  await until('it is started again', async () => (await restarts('sick')) === 1, { timeoutMs: RESTART_MS });
  await context.test('K4: a restart runs the hook of that container alone, before SIGTERM', () => {
    assert.deepEqual(
      all('hook', 'notes').map(({ more }) => more['as']),
      ['sick'],
    );
    assert.ok(line('sigterm', 'sick').at >= line('hook-answered', 'notes').at);
  });

  await deletePod(namespace, 'pod');
  await ended();
  await context.test('K4: a hook does not say whether its container restarts or the pod terminates', () => {
    const hooks = all('hook', 'notes', { as: 'sick' });
    assert.equal(hooks.length, 2);
    const [restart, termination] = hooks.map(({ more: { method, url, headers } }) => ({
      method,
      url,
      headers,
    }));
    assert.deepEqual(restart, termination);
  });
}
