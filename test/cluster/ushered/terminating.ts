/** A pod that terminates on a node of ours, with a request in flight: what becomes of it when something else fails. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { apply } from '../kubectl.ts';
import type { NodeName } from '../nodes.ts';
import { deletePod, podGone, podReady } from '../pod-status.ts';
import { followOnNode } from '../recorders/node-witness.ts';
import type { Witness } from '../recorders/witness.ts';
import { assertWholeSequence, endOfRequest, startRequest } from './ending.ts';
import { usheredPod } from './ushered.ts';

/** A request that is in flight when it all begins. */
export const REQUEST_MS = 10_000;

/** Starts a pod on a node. */
export async function startOnNode(context: TestContext, namespace: string, node: NodeName): Promise<Witness> {
  await apply(namespace, usheredPod('pod', { spec: { nodeName: node } }));
  await podReady(namespace, 'pod');
  return followOnNode(context, node, namespace, 'pod');
}

/** Deletes a pod that is on a node, with a request in flight. Returns when it terminates. */
export async function terminate(
  namespace: string,
  node: NodeName,
  witness: Witness,
  requestMs: number = REQUEST_MS,
): Promise<void> {
  await startRequest(namespace, requestMs, { nodeName: node === 'node-a' ? 'node-b' : 'node-a' });
  await witness.seen('request', 'web');
  await deletePod(namespace, 'pod');
  await witness.seen('termination', 'podusher');
}

/** Asserts that it went down in order, and that its request was answered. */
export async function assertWentWell(
  context: TestContext,
  namespace: string,
  witness: Witness,
): Promise<void> {
  assertWholeSequence(witness);
  assert.equal(await endOfRequest(context, namespace), 'answered');
  await podGone(namespace, 'pod');
}
