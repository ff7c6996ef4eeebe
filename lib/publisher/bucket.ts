/** How many writes may be made: so many a second, and a burst of as many after a rest. */
export interface Bucket {
  readonly perSecond: number;
  /** In thousandths of a write: whole numbers, so that what is said to be there is. */
  readonly left: number;
  /** As of this moment, in whole ms. */
  readonly at: number;
}

const WRITE = 1000;

export function fullBucket(perSecond: number, now: number): Bucket {
  return { perSecond, left: perSecond * WRITE, at: now };
}

/** @returns the bucket with one write less; undefined where none may be made yet. */
export function draw(bucket: Bucket, now: number): Bucket | undefined {
  const left = grown(bucket, now);
  return left < WRITE ? undefined : { ...bucket, left: left - WRITE, at: now };
}

/** @returns how long it takes until there is one, in ms; 0 where there is. */
export function waitMs(bucket: Bucket, now: number): number {
  return Math.max(0, Math.ceil((WRITE - grown(bucket, now)) / bucket.perSecond));
}

function grown({ perSecond, left, at }: Bucket, now: number): number {
  return Math.min(perSecond * WRITE, left + Math.max(0, now - at) * perSecond);
}
