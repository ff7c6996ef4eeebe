/** A non-critical container crash-loops while its pod is drained. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { apply, podGet } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { AGENT_PORT } from '../pod.ts';
import { containerOf, deletePod, podStatus } from '../pod-status.ts';
import { recorder } from '../recorders/recorder.ts';
import { follow } from '../recorders/witness.ts';
import { assertWholeSequence, entry } from '../ushered/ending.ts';
import { agentHook, usheredPod } from '../ushered/ushered.ts';
import { until } from '../wait.ts';

const STARTED_MS = 120_000;
const AT_ONCE_MS = 4_500;

export async function crashLooping(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'crash-looping');
  const crash = { command: ['/usr/local/bin/node', '-e', 'process.exit(1)'], lifecycle: agentHook('statsd') };
  const statsd = recorder({ name: 'statsd', port: 8125, more: crash });
  const annotations = {
    'podusher.dev/non-critical': 'statsd',
    'stop-timeout.podusher.dev/statsd': '0s',
  };
  await apply(namespace, usheredPod('pod', { others: [statsd], annotations }));
  const isDown = async (): Promise<boolean> => {
    const { restarts, state } = containerOf(await podStatus(namespace, 'pod'), 'statsd');
    return restarts >= 2 && state !== 'running';
  };
  await until('statsd crash-loops', isDown, { timeoutMs: STARTED_MS });

  await context.test('the agent calls the pod ready; the kubelet does not', async () => {
    const isReady = async (): Promise<boolean> =>
      (await podGet(namespace, 'pod', AGENT_PORT, '/ready')).length > 0;
    await until('/ready is 200', isReady, { timeoutMs: STARTED_MS });
    assert.equal((await podStatus(namespace, 'pod')).ready, false);
  });

  const witness = follow(context, namespace, 'pod');
  await deletePod(namespace, 'pod');
  await witness.ended();

  await context.test('the others are stopped in order, and nobody waits for it', () => {
    assertWholeSequence(witness);
    const goneMs = entry(witness, 'exit').at - witness.line('exit', 'auth').at;
    assert.ok(goneMs < AT_ONCE_MS, `the agent left ${goneMs} ms after auth`);
  });
}
