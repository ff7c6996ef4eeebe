import { type BackOff, waitMs } from '../kubernetes/back-off.ts';
import type { Failure } from './round.ts';

// How long the publisher waits before it tries again. Unlike the agents there are two or three of it in a cluster, and
// a cluster waits for it: after an outage it is back within a second.

const SOON: BackOff = { firstMs: 100, longestMs: 1000, longestAskedMs: 10_000 };
/** For what is refused, and will be refused again: no right to it, a namespace that ends. */
const REFUSED: BackOff = { ...SOON, longestMs: 30_000 };

/** As `waitMs()`. */
export function soonMs(failures: number, chance: number, askedMs = 0): number {
  return waitMs(SOON, failures, chance, askedMs);
}

/** As `soonMs()`, for what was refused. */
export function refusedMs(failures: number, chance: number, askedMs = 0): number {
  return waitMs(REFUSED, failures, chance, askedMs);
}

/** @returns how much of what the server asked for is heeded; 0 where it asked for nothing. */
export function heededMs(askedMs: number | undefined): number {
  return Math.min(askedMs ?? 0, SOON.longestAskedMs);
}

/** @returns how long to wait after so many failures in a row; no time where the first was a conflict: all is known by then. */
export function retryMs(why: Failure, failures: number, chance: number): number {
  if (why === 'conflict' && failures === 1) return 0;
  return why === 'refused' ? refusedMs(failures, chance) : soonMs(failures, chance);
}
