import { type Bucket, draw, fullBucket, waitMs } from '../../lib/kubernetes/bucket.ts';
import type { Places } from '../../lib/publisher/places.ts';
import type { Round } from '../../lib/publisher/round.ts';
import type { Key } from '../../lib/publisher/store.ts';

/** A Service's plan, which waits to go on. */
export interface Work extends Round {
  readonly key: Key;
  readonly plannedAt: number;
}

/**
 * Services wait here for their next write: each kind of write has a bucket and connections of its own.
 *
 * Invariant: a Service keeps its turn until one of its writes of this kind is made, or none is to be; whatever becomes of
 * its plan, and wherever it waits meanwhile. So one that changes all the time is not overtaken all the time. Who has no
 * place (`Places`) is overtaken by those that have one, and is the first for the next that it may take.
 */
export class Lane {
  readonly #waiting = new Map<Key, Work>();
  /** Whose turn is before whose. */
  readonly #turns = new Map<Key, number>();
  #turn = 0;
  #bucket: Bucket;
  readonly #places: Places;

  constructor(writesPerSecond: number, places: Places, now: number) {
    this.#bucket = fullBucket(writesPerSecond, 1000 / writesPerSecond, now);
    this.#places = places;
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
    if (waitMs(this.#bucket, now) > 0) return undefined;
    let first: Work | undefined;
    for (const work of this.#waiting.values()) {
      if (first !== undefined && this.#turnOf(work) >= this.#turnOf(first)) continue;
      if (this.#places.mayTake(work.key)) first = work;
    }
    return first;
  }

  /** What waits for the Service begins. @returns what is to be called once when it has ended. */
  enter(key: Key): () => void {
    this.#waiting.delete(key);
    return this.#places.take(key);
  }

  /** @returns whether what is put here for the Service may begin at once. */
  isFree(key: Key, now: number): boolean {
    return waitMs(this.#bucket, now) === 0 && this.#places.mayTake(key) && !this.#mayBegin();
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
    return this.#mayBegin() ? waitMs(this.#bucket, now) : undefined;
  }

  /** Whether there is a place for one that waits. */
  #mayBegin(): boolean {
    for (const key of this.#waiting.keys()) if (this.#places.mayTake(key)) return true;
    return false;
  }

  #turnOf({ key }: Work): number {
    return this.#turns.get(key) ?? this.#turn;
  }
}
