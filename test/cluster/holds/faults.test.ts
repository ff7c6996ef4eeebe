/** Something else fails during a drain: the pod goes down all the same, in order, and no request is lost. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { deletePod, podGone, podReady } from '../facts/pod-status.ts';
import { told, type Witness } from '../facts/witness.ts';
import { apply, kubectl, podGet } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { type NodeName, restartService, startService, stopService } from '../nodes.ts';
import { testOnNodes } from '../on-nodes.ts';
import { AGENT_PORT } from '../pod.ts';
import { until } from '../wait.ts';
import {
  assertWholeSequence,
  endOfRequest,
  entry,
  startRequest,
  startUshered,
  untilStatus,
} from './ending.ts';
import { followOnNode } from './node-witness.ts';
import { usheredPod, WEB_PORT } from './ushered.ts';

/** A request that is in flight when it all begins, and one that outlasts a kubelet's restart. */
const REQUEST_MS = 10_000;
const LONG_REQUEST_MS = 30_000;
const BACK_MS = 60_000;

const NONSENSE = [
  'depends-on.podusher.dev/web=nobody',
  'podusher.dev/drain-min=soon',
  'podusher.dev/grace-period=',
];

function annotate(namespace: string, annotations: readonly string[]): Promise<string> {
  return kubectl(['--namespace', namespace, 'annotate', 'pod', 'pod', '--overwrite', ...annotations]);
}

describe('a pod goes down in order, and no request is cut', { concurrency: 2 }, () => {
  it('when its Service is deleted', async context => {
    const namespace = await withNamespace(context, 'service-deleted');
    const spec = { selector: { app: 'web' }, ports: [{ port: WEB_PORT }] };
    await apply(namespace, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec });
    const witness = await startUshered(context, namespace, { labels: { app: 'web' } });
    await startRequest(namespace, REQUEST_MS);
    await deletePod(namespace, 'pod');
    await witness.seen('termination', 'podusher');
    await kubectl(['--namespace', namespace, 'delete', 'service', 'web']);
    await witness.ended();
    assertWholeSequence(witness);
    assert.equal(await endOfRequest(context, namespace), 'answered');
  });

  it('when its annotations are edited to nonsense, before and while it terminates', async context => {
    const namespace = await withNamespace(context, 'nonsense');
    const witness = await startUshered(context, namespace);
    await annotate(namespace, NONSENSE);
    await untilStatus(namespace, 'all problems are told', ({ settings }) => {
      return Object(settings).problems.length === NONSENSE.length;
    });
    await podReady(namespace, 'pod');
    await startRequest(namespace, REQUEST_MS);
    await deletePod(namespace, 'pod');
    await witness.seen('termination', 'podusher');
    await annotate(namespace, ['podusher.dev/containers=other']);
    await witness.ended();
    assertWholeSequence(witness);
    assert.equal(await endOfRequest(context, namespace), 'answered');
    const logged = witness.all('log', 'podusher', { msg: 'The annotations are bad and not in effect' });
    assert.ok(logged.length > 0, told(witness.lines));
  });
});

/** Starts a pod on a node, with a request in flight, and deletes it. */
async function terminating(
  context: TestContext,
  namespace: string,
  node: NodeName,
  requestMs: number,
): Promise<Witness> {
  await apply(namespace, usheredPod('pod', { spec: { nodeName: node } }));
  await podReady(namespace, 'pod');
  const witness = await followOnNode(context, node, namespace, 'pod');
  await startRequest(namespace, requestMs, { nodeName: node === 'node-a' ? 'node-b' : 'node-a' });
  await witness.seen('request', 'web');
  await deletePod(namespace, 'pod');
  await witness.seen('termination', 'podusher');
  return witness;
}

/** @returns how many hooks the agent has counted, those that a kubelet ran again among them */
async function hooksPlaced(namespace: string): Promise<number> {
  const metrics = await podGet(namespace, 'pod', AGENT_PORT, '/metrics');
  const [, placed] = /^podusher_hooks_total\{outcome="placed"\} (\d+)$/mu.exec(metrics) ?? [];
  return Number(placed);
}

describe('a pod goes down in order, and no request is cut, on a node', { concurrency: 2 }, () => {
  testOnNodes('whose kubelet restarts: the hooks come again, and the same drain goes on', async context => {
    const namespace = await withNamespace(context, 'kubelet-restarted');
    const witness = await terminating(context, namespace, 'node-a', LONG_REQUEST_MS);
    await restartService('kubelet@node-a');
    const isCalledAgain = async (): Promise<boolean> => (await hooksPlaced(namespace)) >= 6;
    await until('all three hooks have come again', isCalledAgain, { timeoutMs: BACK_MS });
    await witness.ended();
    assertWholeSequence(witness);
    for (const container of ['web', 'auth', 'podusher']) entry(witness, 'hook-left', { container });
    assert.equal(await endOfRequest(context, namespace), 'answered');
    await podGone(namespace, 'pod');
  });

  testOnNodes('whose containerd restarts', async context => {
    const namespace = await withNamespace(context, 'containerd-restarted');
    const witness = await terminating(context, namespace, 'node-b', REQUEST_MS);
    await restartService('containerd@node-b');
    await witness.ended();
    assertWholeSequence(witness);
    assert.equal(await endOfRequest(context, namespace), 'answered');
    await podGone(namespace, 'pod');
  });
});

testOnNodes(
  'a pod goes down in order, and no request is cut, while the API server is stopped',
  async context => {
    const namespace = await withNamespace(context, 'api-stopped');
    const witness = await terminating(context, namespace, 'node-a', REQUEST_MS);
    // SIGTERM would let it wait a minute for whoever watches.
    await stopService(context, 'kube-apiserver', 'KILL');
    try {
      await witness.ended();
    } finally {
      await startService('kube-apiserver');
    }
    assertWholeSequence(witness);
    assert.equal(await endOfRequest(context, namespace), 'answered');
    await podGone(namespace, 'pod');
  },
);
