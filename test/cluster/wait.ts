/** Waiting for what is to come about. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Asks until it holds.
 *
 * @param what completes "… in time", for the error
 * @param holds may throw while it does not hold: the last error is the cause of what is thrown in the end
 */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  { timeoutMs, everyMs = 100, signal }: WaitOptions,
): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    signal?.throwIfAborted();
    try {
      if (await holds()) return;
      cause = undefined;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      cause = error;
    }
    if (performance.now() > giveUpAt) throw new Error(`Not in ${timeoutMs} ms: ${what}`, { cause });
    await sleep(everyMs, undefined, { signal });
  }
}

/** What will not come about any more: `until` throws it on, at once. */
export class Hopeless extends Error {
  readonly code = 'HOPELESS';
}

/** Waits until all have ended, and throws what the first one threw: nothing goes on behind one's back. */
export async function all(work: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(work);
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
}
