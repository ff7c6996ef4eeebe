/** A node's programs restart while a pod drains: it goes down all the same, in order, and no request is cut. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { podGet } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { restartService } from '../nodes.ts';
import { testOnNodes } from '../on-nodes.ts';
import { AGENT_PORT } from '../pod.ts';
import { entry } from '../ushered/ending.ts';
import { assertWentWell, startOnNode, terminate } from '../ushered/terminating.ts';
import { until } from '../wait.ts';

/** Of a request that outlasts a restart. */
const LONG_REQUEST_MS = 30_000;
const BACK_MS = 60_000;

/** @returns how many hooks the agent has counted, those that a kubelet ran again among them */
async function hooksPlaced(namespace: string): Promise<number> {
  const metrics = await podGet(namespace, 'pod', AGENT_PORT, '/metrics');
  const [, placed] = /^podusher_hooks_total\{outcome="placed"\} (\d+)$/mu.exec(metrics) ?? [];
  return Number(placed);
}

describe('a pod goes down in order, and no request is cut, on a node', { concurrency: 2 }, () => {
  testOnNodes('whose kubelet restarts: the hooks come again, and the same drain goes on', async context => {
    const namespace = await withNamespace(context, 'kubelet-restarted');
    const witness = await startOnNode(context, namespace, 'node-a');
    await terminate(namespace, 'node-a', witness, LONG_REQUEST_MS);
    await restartService('kubelet@node-a');
    const isCalledAgain = async (): Promise<boolean> => (await hooksPlaced(namespace)) >= 6;
    await until('all three hooks have come again', isCalledAgain, { timeoutMs: BACK_MS });
    await witness.ended();
    for (const container of ['web', 'auth', 'podusher']) entry(witness, 'hook-left', { container });
    await assertWentWell(context, namespace, witness);
  });

  testOnNodes('whose containerd restarts', async context => {
    const namespace = await withNamespace(context, 'containerd-restarted');
    const witness = await startOnNode(context, namespace, 'node-b');
    await terminate(namespace, 'node-b', witness, LONG_REQUEST_MS);
    await restartService('containerd@node-b');
    assert.deepEqual(witness.all('sigterm', 'web'), [], 'it has drained before');
    await witness.ended();
    await assertWentWell(context, namespace, witness);
  });
});
