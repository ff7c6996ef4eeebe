import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../error-code.ts';
import { type Following, TIMING, type Turn } from './following.ts';
import { readList } from './list.ts';
import { watchFrom } from './watch.ts';

/** The first end of a watch that worked is not worth a word: API servers are restarted one after the other. */
const UNTOLD_FAILURES = 1;

/** Who follows. */
export interface Follower {
  /** A watch, or the wait for one, is ended and begun anew: the network may have lost it. A list is read on. */
  readonly again: () => void;
  readonly end: () => void;
}

/**
 * Lists, then watches from there on, and again after each end: from the last version known, or by a new list where that
 * is forgotten (410) or something could not be understood. Between failures it waits, longer each time.
 *
 * @returns a function that ends it
 */
export function follow(following: Following): () => void {
  return createFollower(following).end;
}

/** As `follow()`. */
export function createFollower(following: Following): Follower {
  const { timing = TIMING } = following;
  const controller = new AbortController();
  let current = new AbortController();
  let isListing = true;
  controller.signal.addEventListener('abort', () => current.abort(), { once: true });

  async function turn(version: string | undefined, signal: AbortSignal): Promise<Turn> {
    try {
      return await (version === undefined
        ? readList(following, signal)
        : watchFrom(following, version, signal));
    } catch (error) {
      return { version: undefined, failure: { reason: `A fault: ${codeOf(error)}` }, wasGood: false };
    }
  }

  async function run(): Promise<void> {
    let version: string | undefined;
    let failures = 0;
    while (!controller.signal.aborted) {
      const { signal } = current;
      isListing = version === undefined;
      const { failure, wasGood, ...ended } = await turn(version, signal);
      if (controller.signal.aborted) return;
      version = ended.version;
      if (following.isOnce === true && version !== undefined) return;
      isListing = false;
      if (signal.aborted) continue;
      if (wasGood) failures = 0;
      if (failure === undefined) continue;
      failures += 1;
      if (!wasGood || failures > UNTOLD_FAILURES) following.lost(failure.reason, failure.code);
      const waitMs = timing.backOffMs(failures, Math.random(), failure.retryAfterMs);
      await sleep(waitMs, undefined, { signal }).catch(() => {});
    }
  }

  void run();
  return {
    again(): void {
      if (controller.signal.aborted || isListing) return;
      const before = current;
      current = new AbortController();
      before.abort();
    },
    end: () => controller.abort(),
  };
}
