/** A node shuts down: nobody deletes its pods, and they have what their kubelet gives them, whatever they asked for. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { withNamespace } from '../namespace.ts';
import { testOnNodes } from '../on-nodes.ts';
import { podStatus } from '../pod-status.ts';
import { told, type Witness } from '../recorders/witness.ts';
import { expectShutdown, shutDown } from '../shutdown.ts';
import {
  assertWholeSequence,
  endOfRequest,
  entry,
  releasedBecause,
  startRequest,
  startUshered,
} from '../ushered/ending.ts';
import { until } from '../wait.ts';

/** Less than the pods' own, which is what their agents were told. */
const NODE_GRACE_MS = 25_000;
const REQUEST_MS = 10_000;
/** Of one that a node does not wait for. */
const LONG_REQUEST_MS = 45_000;
const SLACK_MS = 1_000;
const LATE_MS = 10_000;
const TOLD_MS = 30_000;

interface Ushered {
  readonly namespace: string;
  readonly witness: Witness;
}

/** Starts a pod on node-b, with a request in flight that comes from the other node. */
async function startBusy(
  context: TestContext,
  name: string,
  requestMs: number,
  annotations: Readonly<Record<string, string>>,
): Promise<Ushered> {
  const namespace = await withNamespace(context, name);
  const witness = await startUshered(context, namespace, { annotations, spec: { nodeName: 'node-b' } });
  await startRequest(namespace, requestMs, { nodeName: 'node-a' });
  await witness.seen('request', 'web');
  return { namespace, witness };
}

/** Asserts that it has ended, well or not by its exit codes, and that nobody has asked for it. */
async function assertEndedByNode({ namespace }: Ushered): Promise<void> {
  const hasEnded = async (): Promise<boolean> => ENDED.has((await podStatus(namespace, 'pod')).phase);
  await until('the pod has ended', hasEnded, { timeoutMs: TOLD_MS });
  assert.equal((await podStatus(namespace, 'pod')).isDeleted, false);
}

const ENDED = new Set(['Failed', 'Succeeded']);

testOnNodes(
  'K11: a node that shuts down: in order where it fits, or where the agent knows how long; else the kubelet cuts',
  async context => {
    await expectShutdown(context, 'node-b', NODE_GRACE_MS / 1000);
    const nodes = { 'podusher.dev/grace-period': `${NODE_GRACE_MS}ms` };
    const [fitting, knowing, unknowing] = await Promise.all([
      startBusy(context, 'shutdown-fitting', REQUEST_MS, {}),
      startBusy(context, 'shutdown-knowing', LONG_REQUEST_MS, nodes),
      startBusy(context, 'shutdown-unknowing', LONG_REQUEST_MS, {}),
    ]);
    await shutDown('node-b');

    await fitting.witness.ended();
    assertWholeSequence(fitting.witness, NODE_GRACE_MS);
    assert.equal(await endOfRequest(context, fitting.namespace), 'answered');

    await knowing.witness.ended();
    assertCutInOrder(knowing.witness);
    await unknowing.witness.ended();
    assertCutByKubelet(unknowing.witness);
    for (const { namespace } of [knowing, unknowing])
      assert.equal(await endOfRequest(context, namespace), 'cut');
    for (const pod of [fitting, knowing, unknowing]) await assertEndedByNode(pod);
  },
);

/** The agent lets `web` go before the node's time is up, and `auth` when that has stopped. */
function assertCutInOrder(witness: Witness): void {
  const story = told(witness.lines);
  const began = entry(witness, 'hook').at;
  const webLeft = witness.line('exit', 'web').at;
  assert.equal(releasedBecause(witness, 'auth'), 'dependents stopped', story);
  assert.ok(witness.line('sigterm', 'auth').at >= webLeft, story);
  assert.ok(entry(witness, 'exit').at <= began + NODE_GRACE_MS, story);
}

/** All get SIGTERM together when the node's time is up, and the agent has let nobody go. */
function assertCutByKubelet(witness: Witness): void {
  const story = told(witness.lines);
  const began = entry(witness, 'hook').at;
  const sigterm = witness.line('sigterm', 'web').at;
  const afterMs = sigterm - began;
  assert.ok(afterMs > NODE_GRACE_MS - SLACK_MS && afterMs < NODE_GRACE_MS + LATE_MS, story);
  const released = witness.all('released', 'podusher').filter(({ at }) => at < sigterm);
  assert.deepEqual(released, [], story);
}
