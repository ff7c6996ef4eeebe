/**
 * How long the publisher waits before it tries again. Unlike the agents (`lib/kubernetes/back-off.ts`) there are two or
 * three of it in a cluster, and a cluster waits for it: after an outage it is back within a second.
 */

const FIRST_MS = 100;
const LONGEST_MS = 1000;
/** For what is refused, and will be refused again: no right to it, a namespace that ends. */
const LONGEST_REFUSED_MS = 30_000;
/** The longest `Retry-After` that is heeded. */
const LONGEST_ASKED_MS = 10_000;

/**
 * @param failures in a row, from 1.
 * @param chance from 0 to 1: half of the wait is left to it.
 * @param askedMs what the server asked for: never less.
 */
export function soonMs(failures: number, chance: number, askedMs = 0): number {
  return wait(failures, chance, askedMs, LONGEST_MS);
}

/** As `soonMs()`, for what was refused. */
export function refusedMs(failures: number, chance: number, askedMs = 0): number {
  return wait(failures, chance, askedMs, LONGEST_REFUSED_MS);
}

function wait(failures: number, chance: number, askedMs: number, longestMs: number): number {
  const fullMs = Math.min(longestMs, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return Math.max(Math.round(fullMs * (0.5 + chance / 2)), heededMs(askedMs));
}

/** @returns how much of what the server asked for is heeded; 0 where it asked for nothing. */
export function heededMs(askedMs: number | undefined): number {
  return Math.min(askedMs ?? 0, LONGEST_ASKED_MS);
}
