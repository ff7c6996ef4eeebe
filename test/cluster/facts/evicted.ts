/** A pod is evicted by its kubelet: an emptyDir takes more than it may. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { apply } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { eventsOf, podReady, podStatus } from '../pod-status.ts';
import { hookAt, recorder, recorderPod, say } from '../recorders/recorder.ts';
import { follow } from '../recorders/witness.ts';
import { until } from '../wait.ts';

/** The kubelet measures volumes once a minute, and looks each 10 s. */
const EVICTION_MS = 180_000;
const API_MS = 30_000;
const LATE_MS = 15_000;

export async function evicted(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'evicted');
  const web = recorder({
    name: 'web',
    port: 3001,
    leaveMs: 0,
    more: {
      lifecycle: hookAt(3001, 'as=web&hold=told'),
      volumeMounts: [{ name: 'small', mountPath: '/small' }],
    },
  });
  const small = { name: 'small', emptyDir: { sizeLimit: '1Mi' } };
  const spec = { terminationGracePeriodSeconds: 60, containers: [web], volumes: [small] };
  await apply(namespace, recorderPod('pod', {}, spec));
  await podReady(namespace, 'pod');
  const { line, listening, seen, ended } = follow(context, namespace, 'pod');
  await listening('web');
  await say(namespace, 'pod', 3001, '/fill?file=/small/much');
  await seen('hook', 'web', {}, EVICTION_MS);
  await ended();

  await context.test(
    'K11: an eviction by the kubelet runs the hooks, and SIGTERM comes after a second',
    () => {
      const afterMs = line('sigterm', 'web').at - line('hook', 'web').at;
      assert.ok(afterMs > 0 && afterMs < LATE_MS, `after ${afterMs} ms`);
    },
  );

  await context.test('K11: an eviction by the kubelet sets no deletionTimestamp', async () => {
    const hasEnded = async (): Promise<boolean> => {
      const { phase } = await podStatus(namespace, 'pod');
      return phase === 'Failed' || phase === 'Succeeded';
    };
    await until('the pod has ended', hasEnded, { timeoutMs: API_MS });
    assert.equal((await podStatus(namespace, 'pod')).isDeleted, false);
    const reasons = (await eventsOf(namespace, 'pod')).map(({ reason }) => reason);
    assert.ok(reasons.includes('Evicted'), reasons.join(', '));
  });
}
