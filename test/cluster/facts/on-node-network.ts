/** A pod on its node's own network, two containers of which have a hook at their own port. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { apply } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { deletePod, eventsOf, podReady } from '../pod-status.ts';
import { recorder, recorderPod } from '../recorders/recorder.ts';
import { follow } from '../recorders/witness.ts';
import { until } from '../wait.ts';

/** Ports of a node, where nobody else is. */
const NAMED_PORT = 23_001;
const UNNAMED_PORT = 23_002;
const EVENT_MS = 30_000;

export async function onNodeNetwork(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'node-network', {
    'pod-security.kubernetes.io/enforce': 'privileged',
  });
  const containers = [hooked('named', NAMED_PORT, '127.0.0.1'), hooked('unnamed', UNNAMED_PORT)];
  await apply(namespace, recorderPod('pod', {}, { hostNetwork: true, containers }));
  await podReady(namespace, 'pod');
  const { all, listening, ended } = follow(context, namespace, 'pod');
  await listening('named', 'unnamed');
  await deletePod(namespace, 'pod');
  await ended();

  await context.test("K12: on the node's network a hook needs its host; without one it fails", async () => {
    assert.equal(all('hook', 'named').length, 1);
    assert.deepEqual(all('hook', 'unnamed'), []);
    await until('an event tells of it', () => hasFailed(namespace, 'unnamed'), { timeoutMs: EVENT_MS });
  });
}

async function hasFailed(namespace: string, container: string): Promise<boolean> {
  const events = await eventsOf(namespace, 'pod', container);
  return events.some(({ reason }) => reason === 'FailedPreStopHook');
}

/** @returns a container whose hook is at its own port */
function hooked(name: string, port: number, host?: string): object {
  const lifecycle = { preStop: { httpGet: { port, host, path: `/hook?as=${name}&hold=0` } } };
  return recorder({ name, port, leaveMs: 0, more: { lifecycle } });
}
