/** How long pods with podusher stayed beyond their last reason to, by what their containers have logged: pure. */
import * as v from 'valibot';
import { entryOf } from '../../../agent/rehearse/agent-log.ts';

/** What the app that dies has had to do, by its own account at SIGTERM. Times are in ms since the epoch. */
export interface Account {
  /** When somebody last connected; null when nobody has. */
  readonly arrivedAt: number | null;
  /** The last of the requests that take 3 s; those that were cut have no end. */
  readonly long: readonly { readonly begunAt: number; readonly endedAt: number | null }[];
}

const Time = v.nullable(v.number());
const AccountSchema: v.GenericSchema<unknown, Account> = v.object({
  arrivedAt: Time,
  long: v.array(v.object({ begunAt: v.number(), endedAt: Time })),
});

const LINE = /^\[pod\/(?<pod>[^/]+)\/(?<container>[^\]]+)\] (?<json>\{.*\})$/u;

/** What is known of a pod. */
interface Told {
  account?: Account;
  hookAt?: number;
  exitAt?: number;
}

/**
 * @param log of several pods, as `kubectl logs --prefix` writes it.
 * @param app the container of the app.
 * @returns by pod, how long after its last reason to stay its last container, the agent, left; without those of which not
 *   all was told. The API has a pod a second longer: that is the kubelet's.
 */
export function latenessOf(log: string, app: string, drainMinMs: number): ReadonlyMap<string, number> {
  const pods = new Map<string, Told>();
  for (const line of log.split('\n')) {
    const { pod, container, json } = LINE.exec(line)?.groups ?? {};
    if (pod === undefined || json === undefined) continue;
    const told = pods.get(pod) ?? {};
    pods.set(pod, told);
    if (container === app) told.account = v.parse(AccountSchema, JSON.parse(json));
    const entry = entryOf(json);
    if (entry?.type === 'hook') told.hookAt ??= entry.at;
    if (entry?.type === 'exit') told.exitAt = entry.at;
  }
  return new Map(
    [...pods].flatMap(([pod, { account, hookAt, exitAt }]): [string, number][] => {
      if (account === undefined || hookAt === undefined || exitAt === undefined) return [];
      return [[pod, exitAt - dueAt(account, hookAt + drainMinMs)]];
    }),
  );
}

/** @returns the last of: `drain-min`, the last arrival, the end of the longest request that had begun by then. */
function dueAt({ arrivedAt, long }: Account, drainMinAt: number): number {
  const arrivalsEndedAt = Math.max(drainMinAt, arrivedAt ?? 0);
  const begun = long.filter(({ begunAt }) => begunAt <= arrivalsEndedAt);
  return Math.max(arrivalsEndedAt, ...begun.map(({ endedAt }) => endedAt ?? 0));
}
