/** What the agent in a pod says of it. */
import type { Status } from '../../../lib/status/status.ts';
import type { Wire } from '../../../lib/status/wire.ts';
import { podGet } from '../kubectl.ts';
import { AGENT_PORT } from '../pod.ts';
import { until } from '../wait.ts';

const STATUS_MS = 60_000;

/** @returns what /status of its agent answers. */
export async function statusOf(namespace: string, pod = 'pod'): Promise<Wire<Status>> {
  return JSON.parse(await podGet(namespace, pod, AGENT_PORT, '/status'));
}

/** Waits until /status of the agent in `pod` has something. */
export async function untilStatus(
  namespace: string,
  what: string,
  holds: (status: Wire<Status>) => boolean,
): Promise<void> {
  await until(what, async () => holds(await statusOf(namespace)), { timeoutMs: STATUS_MS });
}
