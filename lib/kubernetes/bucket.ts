/**
 * How often something may be done: so many times at once after a rest, and then once each so many ms. A token bucket, kept
 * as one moment.
 */
export interface Bucket {
  readonly most: number;
  readonly everyMs: number;
  /** When it would have been empty, were it filled since then and nothing drawn; in ms, of the clock of `now`. */
  readonly emptyAt: number;
}

export function fullBucket(most: number, everyMs: number, now: number): Bucket {
  return { most, everyMs, emptyAt: now - most * everyMs };
}

/** @returns the bucket with one less; undefined where there is none yet. */
export function draw(bucket: Bucket, now: number): Bucket | undefined {
  const emptyAt = drawnAt(bucket, now);
  return emptyAt > now ? undefined : { ...bucket, emptyAt };
}

/** @returns how long it takes until there is one, in whole ms; 0 where there is. */
export function waitMs(bucket: Bucket, now: number): number {
  return Math.max(0, Math.ceil(drawnAt(bucket, now) - now));
}

/** @returns `emptyAt` with one less; it is later than `now` where there is none. */
function drawnAt({ most, everyMs, emptyAt }: Bucket, now: number): number {
  return Math.max(emptyAt, now - most * everyMs) + everyMs;
}
