/** How long to wait before the next request. */
export interface BackOff {
  readonly firstMs: number;
  readonly longestMs: number;
  /** The longest `Retry-After` that is heeded. */
  readonly longestAskedMs: number;
}

/** An agent's: a cluster's API server must survive the return of all of them. */
const OF_AGENTS: BackOff = { firstMs: 1000, longestMs: 30_000, longestAskedMs: 60_000 };

/** As `waitMs()`, for an agent. */
export function backOffMs(failures: number, chance: number, askedMs = 0): number {
  return waitMs(OF_AGENTS, failures, chance, askedMs);
}

/**
 * @param failures in a row, from 1
 * @param chance from 0 to 1: half of the wait is left to it
 * @param askedMs what the server asked for by `Retry-After` (429, 503): never less
 */
export function waitMs(
  { firstMs, longestMs, longestAskedMs }: BackOff,
  failures: number,
  chance: number,
  askedMs: number,
): number {
  const fullMs = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 10));
  return Math.max(Math.round(fullMs * (0.5 + chance / 2)), Math.min(askedMs, longestAskedMs));
}

/** @returns the ms of a `Retry-After` in seconds; undefined where there is none, or a date. */
export function retryAfterMs(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) * 1000 : undefined;
}
