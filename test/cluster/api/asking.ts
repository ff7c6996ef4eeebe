/** Pods whose agent asks the API, or could if it were told to. */
import type { TestContext } from 'node:test';
import type { Status } from '../../../lib/status/status.ts';
import type { Wire } from '../../../lib/status/wire.ts';
import { podReady } from '../facts/pod-status.ts';
import { follow, type Line, type Witness } from '../facts/witness.ts';
import { type UsheredOptions, usheredPod } from '../holds/ushered.ts';
import { apply, podGet } from '../kubectl.ts';
import { AGENT_PORT } from '../pod.ts';
import { until } from '../wait.ts';

const STATUS_MS = 60_000;

/** The agent is told to ask, and has what to ask with. */
export const ASKING = { env: [{ name: 'PODUSHER_API', value: 'true' }] } as const;

/** @returns options of a pod whose agent asks */
export function asking(options: UsheredOptions = {}): UsheredOptions {
  return {
    ...options,
    agent: { ...ASKING, ...options.agent },
    spec: { automountServiceAccountToken: true, ...options.spec },
  };
}

/** Starts a pod, `pod`, whose agent asks, and follows it once it is Ready and the agent watches. */
export async function startAsking(
  context: TestContext,
  namespace: string,
  options: UsheredOptions = {},
): Promise<Witness> {
  await apply(namespace, usheredPod('pod', asking(options)));
  await podReady(namespace, 'pod');
  await untilTold(namespace, 'the API is watched', ({ api }) => api?.watch.state === 'watching');
  return follow(context, namespace, 'pod');
}

/** @returns what the agent's /status says */
export async function statusOf(namespace: string): Promise<Wire<Status>> {
  return JSON.parse(await podGet(namespace, 'pod', AGENT_PORT, '/status'));
}

/** Waits until the agent's /status has something. */
export async function untilTold(
  namespace: string,
  what: string,
  holds: (status: Wire<Status>) => boolean,
): Promise<void> {
  await until(what, async () => holds(await statusOf(namespace)), { timeoutMs: STATUS_MS });
}

/** @returns the lines of the agent's log that are none of the timeline, and say this */
export function said({ all }: Pick<Witness, 'all'>, what: RegExp): readonly Line[] {
  return all('log', 'podusher').filter(({ more }) => what.test(String(more['msg'])));
}
