/** What Kubernetes does, as ARCHITECTURE.md has it, when a kubelet restarts in the middle of a hook. */
import assert from 'node:assert/strict';
import { apply, podLogs } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { restartService } from '../nodes.ts';
import { testOnNodes } from '../on-nodes.ts';
import { deletePod, podReady } from '../pod-status.ts';
import { hookAt, recorder, recorderPod } from '../recorders/recorder.ts';
import { follow } from '../recorders/witness.ts';
import { until } from '../wait.ts';

const BACK_MS = 90_000;
const GRACE_MS = 12_000;
const SLACK_MS = 1_000;
const LATE_MS = 10_000;

testOnNodes(
  'K8: a kubelet that restarts leaves the hook, and runs it again with a new grace period',
  async context => {
    const namespace = await withNamespace(context, 'again');
    const more = { lifecycle: hookAt(3001, 'as=web&hold=told') };
    const spec = {
      nodeName: 'node-b',
      terminationGracePeriodSeconds: GRACE_MS / 1000,
      containers: [recorder({ name: 'web', port: 3001, leaveMs: 0, more })],
    };
    await apply(namespace, recorderPod('pod', {}, spec));
    await podReady(namespace, 'pod');
    const before = follow(context, namespace, 'pod');
    await before.listening('web');
    await deletePod(namespace, 'pod');
    await before.seen('hook', 'web');
    await restartService('kubelet@node-b');
    const answers = async (): Promise<boolean> => (await podLogs(namespace, 'pod', 'web')) !== '';
    await until('the kubelet answers again', answers, { timeoutMs: BACK_MS });

    const { all, line, ended } = follow(context, namespace, 'pod');
    await ended();
    const [first, second, ...others] = all('hook', 'web');
    assert.ok(first !== undefined && second !== undefined && others.length === 0);
    const left = line('hook-left', 'web').at;
    assert.ok(first.at <= left && left <= second.at);
    const heldMs = line('sigterm', 'web').at - second.at;
    assert.ok(heldMs > GRACE_MS - SLACK_MS && heldMs < GRACE_MS + LATE_MS, `SIGTERM came after ${heldMs} ms`);
  },
);
