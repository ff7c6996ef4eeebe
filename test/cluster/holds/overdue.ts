/** A pod is past its activeDeadlineSeconds: nobody deletes it, and its kubelet ends it with all the time that it has. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { withNamespace } from '../namespace.ts';
import { podStatus } from '../pod-status.ts';
import { assertWholeSequence, endOfRequest, startRequest, startUshered } from '../ushered/ending.ts';
import { until } from '../wait.ts';

/** From when its kubelet has begun it: by then it is Ready, and a client is there. */
const DEADLINE_S = 45;
/** A request that is in flight then, and has ended when the grace period has not. */
const REQUEST_MS = 50_000;
const TOLD_MS = 30_000;

export async function overdue(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'overdue');
  const witness = await startUshered(context, namespace, { spec: { activeDeadlineSeconds: DEADLINE_S } });
  await startRequest(namespace, REQUEST_MS);
  await witness.seen('request', 'web');
  await witness.ended();
  assertWholeSequence(witness);
  assert.equal(await endOfRequest(context, namespace), 'answered');
  const hasFailed = async (): Promise<boolean> => (await podStatus(namespace, 'pod')).phase === 'Failed';
  await until('the pod has failed', hasFailed, { timeoutMs: TOLD_MS });
  assert.equal((await podStatus(namespace, 'pod')).isDeleted, false);
}
