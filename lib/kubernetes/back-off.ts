/** How long to wait before the next request: a cluster's API server must survive the return of all its agents. */

const FIRST_MS = 1000;
const LONGEST_MS = 30_000;
/** The longest `Retry-After` that is heeded. */
const LONGEST_ASKED_MS = 60_000;

/**
 * @param failures in a row, from 1
 * @param chance from 0 to 1: half of the wait is left to it
 * @param askedMs what the server asked for by `Retry-After` (429, 503): never less
 */
export function backOffMs(failures: number, chance: number, askedMs = 0): number {
  const fullMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  const ownMs = Math.round(fullMs * (0.5 + chance / 2));
  return Math.max(ownMs, Math.min(askedMs, LONGEST_ASKED_MS));
}

/** @returns the ms of a `Retry-After` in seconds; undefined where there is none, or a date. */
export function retryAfterMs(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) * 1000 : undefined;
}
