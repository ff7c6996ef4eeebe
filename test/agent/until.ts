import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 25;

/** Ms since the epoch by the monotonic clock, as the agent has them. */
export const now = (): number => performance.timeOrigin + performance.now();

/**
 * Looks again and again.
 * @returns what `look` gave once it is not undefined.
 * @throws {Error} naming `what` when that takes longer than `withinMs`.
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  withinMs = 5000,
): Promise<T> {
  for (const deadline = now() + withinMs; ; await sleep(LOOK_EVERY_MS)) {
    const found = await look();
    if (found !== undefined) return found;
    if (now() > deadline) throw new Error(`Not within ${withinMs} ms: ${what}`);
  }
}

/** @returns the promise's value, unless it takes longer than `withinMs`. */
export async function within<T>(what: string, promise: Promise<T>, withinMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Not within ${withinMs} ms: ${what}`)), withinMs);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** @returns a function that tells how late this machine was at most since the call, in ms: what it adds to any bound. */
export function watchLag(): () => number {
  const resolutionMs = 5;
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  return () => {
    delays.disable();
    return Math.max(0, delays.max / 1e6 - resolutionMs);
  };
}
