/** What the app that dies has had to do at its end, by its own account: until when a pod had a reason to stay. */
import * as v from 'valibot';

/** Times are in ms since the epoch, null of what has not been. */
export interface Account {
  /** When somebody last connected. */
  readonly arrivedAt: number | null;
  /** The last of those that take 3 s. */
  readonly long: readonly { readonly begunAt: number; readonly endedAt: number | null }[];
}

const Time = v.nullable(v.number());
const AccountSchema: v.GenericSchema<unknown, Account> = v.object({
  arrivedAt: Time,
  long: v.array(v.object({ begunAt: v.number(), endedAt: Time })),
});

const LINE = /^\[pod\/(?<pod>[^/]+)\/[^\]]+\] (?<json>\{.*\})$/u;

/** @param log of several pods, as `kubectl logs --prefix` writes it. @returns the accounts by pod. */
export function accountsOf(log: string): ReadonlyMap<string, Account> {
  return new Map(
    log.split('\n').flatMap((line): [string, Account][] => {
      const { pod, json } = LINE.exec(line)?.groups ?? {};
      return pod === undefined || json === undefined ? [] : [[pod, v.parse(AccountSchema, JSON.parse(json))]];
    }),
  );
}

/** @returns the last of: `drain-min`, the last arrival, the end of the longest request that had begun by then. */
export function dueAt({ arrivedAt, long }: Account, deletedAt: number, drainMinMs: number): number {
  const arrivalsEndedAt = Math.max(deletedAt + drainMinMs, arrivedAt ?? 0);
  const begun = long.filter(({ begunAt }) => begunAt <= arrivalsEndedAt);
  return Math.max(arrivalsEndedAt, ...begun.map(({ endedAt }) => endedAt ?? 0));
}
