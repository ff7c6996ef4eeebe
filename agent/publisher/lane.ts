import { type Bucket, draw, fullBucket, waitMs } from '../../lib/publisher/bucket.ts';
import type { Key } from '../../lib/publisher/store.ts';
import type { Write } from '../../lib/publisher/write.ts';
import type { Written } from './writer.ts';

/** What is left of a Service's plan. */
export interface Work {
  readonly key: Key;
  readonly left: readonly Write[];
  /** Why some of it is to be tried again; undefined where none is. */
  readonly failed: Exclude<Written['outcome'], 'done'> | undefined;
}

/** Writes at a time. */
const MOST_WORKING = 16;

/** Services wait here for their next write: each kind of write has a bucket and connections of its own. */
export class Lane {
  readonly #waiting = new Map<Key, Work>();
  #bucket: Bucket;
  #working = 0;

  constructor(writesPerSecond: number, now: number) {
    this.#bucket = fullBucket(writesPerSecond, now);
  }

  put(work: Work): void {
    this.#waiting.set(work.key, work);
  }

  /** @returns what waits for the Service. */
  get(key: Key): Work | undefined {
    return this.#waiting.get(key);
  }

  drop(key: Key): void {
    this.#waiting.delete(key);
  }

  /** Forgets what waits. @returns whose it was. */
  clear(): Key[] {
    const keys = [...this.#waiting.keys()];
    this.#waiting.clear();
    return keys;
  }

  /** @returns what may begin now, and has, until `leave()`; undefined where nothing may. */
  enter(now: number): Work | undefined {
    if (this.#working >= MOST_WORKING || waitMs(this.#bucket, now) > 0) return undefined;
    for (const work of this.#waiting.values()) {
      this.#waiting.delete(work.key);
      this.#working++;
      return work;
    }
    return undefined;
  }

  /** @returns whether what is put here may begin at once. */
  isFree(now: number): boolean {
    return this.#waiting.size === 0 && this.#working < MOST_WORKING && waitMs(this.#bucket, now) === 0;
  }

  leave(): void {
    this.#working--;
  }

  /** @returns whether one more write may be made; it is counted then. */
  draw(now: number): boolean {
    const left = draw(this.#bucket, now);
    this.#bucket = left ?? this.#bucket;
    return left !== undefined;
  }

  /** @returns in how many ms somebody may enter; undefined where nobody waits, or must for another to leave. */
  waitMs(now: number): number | undefined {
    return this.#waiting.size > 0 && this.#working < MOST_WORKING ? waitMs(this.#bucket, now) : undefined;
  }
}
