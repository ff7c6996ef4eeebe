import { type Bucket, draw, fullBucket, waitMs } from '../../lib/kubernetes/bucket.ts';
import type { Key } from '../../lib/publisher/store.ts';
import type { Write } from '../../lib/publisher/write.ts';
import type { Written } from './writer.ts';

/** What is left of a Service's plan. */
export interface Work {
  readonly key: Key;
  readonly left: readonly Write[];
  /** Why some of it is to be tried again; undefined where none is. */
  readonly failed: Exclude<Written['outcome'], 'done' | 'abandoned'> | undefined;
  readonly plannedAt: number;
}

/** Writes at a time. */
const MOST_WORKING = 16;

/**
 * Services wait here for their next write: each kind of write has a bucket and connections of its own.
 *
 * Invariant: a Service keeps its turn until one of its writes of this kind is made, or none is to be; whatever becomes of
 * its plan, and wherever it waits meanwhile. So one that changes all the time is not overtaken all the time.
 */
export class Lane {
  readonly #waiting = new Map<Key, Work>();
  /** Whose turn is before whose. */
  readonly #turns = new Map<Key, number>();
  #turn = 0;
  #bucket: Bucket;
  #working = 0;

  constructor(writesPerSecond: number, now: number) {
    this.#bucket = fullBucket(writesPerSecond, 1000 / writesPerSecond, now);
  }

  put(work: Work): void {
    if (!this.#turns.has(work.key)) this.#turns.set(work.key, this.#turn++);
    this.#waiting.set(work.key, work);
  }

  /** @returns what waits for the Service. */
  get(key: Key): Work | undefined {
    return this.#waiting.get(key);
  }

  /** It waits here no more, and keeps its turn. */
  drop(key: Key): void {
    this.#waiting.delete(key);
  }

  /** Nothing of the Service's is to be written. */
  done(key: Key): void {
    this.#waiting.delete(key);
    this.#turns.delete(key);
  }

  /** Forgets what waits. @returns whose it was. */
  clear(): Key[] {
    const keys = [...this.#waiting.keys()];
    this.#waiting.clear();
    this.#turns.clear();
    return keys;
  }

  /** @returns whose turn it is; undefined where nothing may begin now. */
  next(now: number): Work | undefined {
    if (this.#working >= MOST_WORKING || waitMs(this.#bucket, now) > 0) return undefined;
    let first: Work | undefined;
    for (const work of this.#waiting.values())
      if (first === undefined || this.#turnOf(work) < this.#turnOf(first)) first = work;
    return first;
  }

  /** What waits for the Service begins, until `leave()`. */
  enter(key: Key): void {
    this.#waiting.delete(key);
    this.#working++;
  }

  /** @returns whether what is put here may begin at once. */
  isFree(now: number): boolean {
    return this.#waiting.size === 0 && this.#working < MOST_WORKING && waitMs(this.#bucket, now) === 0;
  }

  leave(): void {
    this.#working--;
  }

  /** @returns whether one more write may be made; it is counted then, and was the Service's turn. */
  draw(key: Key, now: number): boolean {
    const left = draw(this.#bucket, now);
    if (left === undefined) return false;
    this.#bucket = left;
    this.#turns.delete(key);
    return true;
  }

  /** @returns in how many ms somebody may enter; undefined where nobody waits, or must for another to leave. */
  waitMs(now: number): number | undefined {
    return this.#waiting.size > 0 && this.#working < MOST_WORKING ? waitMs(this.#bucket, now) : undefined;
  }

  #turnOf({ key }: Work): number {
    return this.#turns.get(key) ?? this.#turn;
  }
}
