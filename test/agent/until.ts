import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 25;
/** For what comes soon, however slow the machine is. */
const PATIENCE_MS = 20_000;

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
  withinMs: number = PATIENCE_MS,
): Promise<T> {
  for (const deadline = now() + withinMs; ; await sleep(LOOK_EVERY_MS)) {
    const found = await look();
    if (found !== undefined) return found;
    if (now() > deadline) throw new Error(`Not within ${withinMs} ms: ${what}`);
  }
}

/** @returns the promise's value, unless it takes longer than `withinMs`. */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  withinMs: number = PATIENCE_MS,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Not within ${withinMs} ms: ${what}`)), withinMs);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
