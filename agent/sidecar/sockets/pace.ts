import { WATCH_EVERY_MS } from './connection-watch.ts';

/** A drain's end is told within 250 ms, the sample and its answer included. Each sample costs some 2 ms. */
export const SAMPLE_EVERY_MS: number = 6 * WATCH_EVERY_MS;

/**
 * When everything is sampled. Early where new connections came, for those of which the first look sees little are told
 * best; but once between two samples at most, which bounds the cost.
 */
export class Pace {
  #nextAt = 0;
  #wasEarly = false;

  /** When the next sample is due. */
  get nextAt(): number {
    return this.#nextAt;
  }

  /** @returns whether to sample now. If so, the next one is due `SAMPLE_EVERY_MS` later. */
  takes(now: number, hasNewConnections: () => boolean): boolean {
    // A timer may be early, by what its turn of the event loop has taken before.
    const isDue = now >= this.#nextAt - WATCH_EVERY_MS / 2;
    if (!isDue && (this.#wasEarly || !hasNewConnections())) return false;
    this.#wasEarly = !isDue;
    this.#nextAt = now + SAMPLE_EVERY_MS;
    return true;
  }
}
