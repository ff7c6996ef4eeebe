/** Pods whose agent asks the API, or could if it were told to. */
import type { TestContext } from 'node:test';
import { apply } from '../kubectl.ts';
import { podReady } from '../pod-status.ts';
import { follow, type Line, type Witness } from '../recorders/witness.ts';
import { untilStatus } from '../ushered/status.ts';
import { type UsheredOptions, usheredPod } from '../ushered/ushered.ts';

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
  await untilStatus(namespace, 'the API is watched', ({ api }) => api?.watch.state === 'watching');
  return follow(context, namespace, 'pod');
}

/** @returns the lines of the agent's log that are none of the timeline, and say this */
export function said({ all }: Pick<Witness, 'all'>, what: RegExp): readonly Line[] {
  return all('log', 'podusher').filter(({ more }) => what.test(String(more['msg'])));
}
