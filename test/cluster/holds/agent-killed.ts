/** The agent dies in a drain: the kubelet's requests break, which is as no hook at all. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { withNamespace } from '../namespace.ts';
import { deletePod, eventsOf, podGone } from '../pod-status.ts';
import { say } from '../recorders/recorder.ts';
import { told } from '../recorders/witness.ts';
import { startRequest, startUshered } from '../ushered/ending.ts';
import { WEB_PORT } from '../ushered/ushered.ts';
import { until } from '../wait.ts';

const EVENTS_MS = 30_000;
const LATE_MS = 10_000;

export async function agentKilled(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'agent-killed');
  const witness = await startUshered(context, namespace, { spec: { shareProcessNamespace: true } });
  await startRequest(namespace, 50_000);
  await witness.seen('request', 'web');
  await deletePod(namespace, 'pod');
  await witness.seen('termination', 'podusher');
  await say(namespace, 'pod', WEB_PORT, '/kill-agent');
  await witness.ended();

  const story = told(witness.lines);
  const { at } = witness.line('agent-killed', 'web');
  for (const container of ['web', 'auth']) {
    const afterMs = witness.line('sigterm', container).at - at;
    assert.ok(afterMs >= 0 && afterMs < LATE_MS, story);
    assert.ok(witness.line('exit', container).at > at, story);
  }
  const failed = async (): Promise<readonly unknown[]> =>
    (await eventsOf(namespace, 'pod')).filter(({ reason }) => reason === 'FailedPreStopHook');
  await until('events tell of it', async () => (await failed()).length >= 2, { timeoutMs: EVENTS_MS });
  await podGone(namespace, 'pod');
}
