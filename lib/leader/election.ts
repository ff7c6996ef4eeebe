/**
 * Who leads, by a Lease, as client-go's `leaderelection` does it: whoever has renewed it leads until its duration is over,
 * and whoever has not seen it change for that long may take it. Nobody trusts anybody's clock: durations are counted
 * from what was seen, by a clock that never goes back.
 *
 * Invariant: of two that keep to it, the one stops before the other begins, whatever is lost or late: a leader counts from
 * before its request was sent, and stops a margin early; the others count from after they saw what came of it.
 */
import type { Claim, Lease } from './lease.ts';

/** How long a leader that is not heard of goes on leading. */
const LEASE_MS = 5000;
/** A leader stops so much earlier: for a request that it has just sent, and clocks that do not run alike. */
const MARGIN_MS = 1000;
const RENEW_EVERY_MS = 1000;
/** How often the others look. */
const LOOK_EVERY_MS = 500;

export interface Election {
  readonly self: string;
  /** The lease as it was last seen, and when that version was first seen, in ms by the clock; `none`: there is none. */
  readonly seen: { readonly lease: Lease | 'none'; readonly at: number } | undefined;
  /** Until then this one leads, and may write; undefined where it does not. */
  readonly leadsUntil: number | undefined;
  /** When the lease is to be looked at, or renewed. */
  readonly nextAt: number;
}

/** What to do now. */
export type Duty =
  | { readonly type: 'wait'; readonly until: number }
  /** To be answered with `saw()`, or `missed()`. */
  | { readonly type: 'look' }
  /** To be answered with `wrote()`, or `failed()`. */
  | { readonly type: 'write'; readonly claim: Claim };

/** @returns the beginning: nothing has been seen. */
export function standBy(self: string, now: number): Election {
  return { self, seen: undefined, leadsUntil: undefined, nextAt: now };
}

/** @returns whether it leads at this moment: to be asked right before each write. */
export function leads({ leadsUntil }: Election, now: number): boolean {
  return leadsUntil !== undefined && now < leadsUntil;
}

/** @returns what to do at this moment. */
export function duty(election: Election, now: number): Duty {
  const { seen, nextAt } = election;
  if (now < nextAt) return { type: 'wait', until: nextAt };
  const claim = claimOf(election, now);
  return seen === undefined || claim === undefined ? { type: 'look' } : { type: 'write', claim };
}

/** @returns undefined where somebody else may still lead. */
function claimOf({ self, seen }: Election, now: number): Claim | undefined {
  if (seen === undefined) return undefined;
  const mine = { holder: self, durationMs: LEASE_MS };
  const { lease, at } = seen;
  if (lease === 'none')
    return { ...mine, transitions: 0, acquireTime: undefined, resourceVersion: undefined };
  const { holder, durationMs, transitions, acquireTime, resourceVersion } = lease;
  if (holder === self) return { ...mine, transitions, acquireTime, resourceVersion };
  if (holder !== undefined && now < at + durationMs) return undefined;
  return { ...mine, transitions: transitions + 1, acquireTime: undefined, resourceVersion };
}

/**
 * @param lease as it was read, or `none`. That this one leads it does not say, only its own writing does; but it may say
 * that another does.
 */
export function saw(election: Election, lease: Lease | 'none', now: number): Election {
  const { self, seen: before, leadsUntil } = election;
  const isSame = before !== undefined && versionOf(before.lease) === versionOf(lease);
  const isSelf = lease !== 'none' && lease.holder === self;
  const next = {
    ...election,
    seen: isSame ? before : { lease, at: now },
    leadsUntil: isSelf ? leadsUntil : undefined,
  };
  // Where there is something to take, it is taken at once.
  return { ...next, nextAt: claimOf(next, now) === undefined ? nextLook(next, now) : now };
}

function nextLook({ seen }: Election, now: number): number {
  const lease = seen?.lease;
  const overAt =
    seen === undefined || lease === undefined || lease === 'none' ? now : seen.at + lease.durationMs;
  return Math.min(now + LOOK_EVERY_MS, Math.max(overAt, now + 1));
}

/**
 * @param lease what the API server answered to a claim of this one.
 * @param sentAt when the request was begun.
 */
export function wrote(election: Election, lease: Lease, sentAt: number, now: number): Election {
  return {
    ...election,
    seen: { lease, at: now },
    leadsUntil: sentAt + LEASE_MS - MARGIN_MS,
    nextAt: Math.max(now, sentAt + RENEW_EVERY_MS),
  };
}

/**
 * A look failed. What was seen counts on: where a claim finds it unchanged later, nobody has renewed it meanwhile, and
 * where it was renewed the claim is refused.
 */
export function missed(election: Election, now: number): Election {
  return { ...election, nextAt: now + LOOK_EVERY_MS };
}

/**
 * A claim failed. Whether it came to be written is not known: where it did, the lease is this one's when it is next seen.
 * Who led leads on, until its time is over or it sees another there.
 *
 * @param isConflict what was seen is out of date: so it is looked at again at once.
 */
export function failed(election: Election, isConflict: boolean, now: number): Election {
  return { ...election, seen: undefined, nextAt: isConflict ? now : now + LOOK_EVERY_MS };
}

/** @returns what to write when it goes: the others need not wait. Undefined where it does not lead. */
export function resignation(election: Election, now: number): Claim | undefined {
  const lease = election.seen?.lease;
  if (!leads(election, now) || lease === undefined || lease === 'none') return undefined;
  const { transitions, acquireTime, resourceVersion } = lease;
  return { holder: '', durationMs: 1000, transitions, acquireTime, resourceVersion };
}

function versionOf(lease: Lease | 'none' | undefined): string | undefined {
  return typeof lease === 'object' ? lease.resourceVersion : lease;
}
