/**
 * The slices as they were told of last, and when that was.
 *
 * Invariant: what was told since something was asked for is not undone by an answer that may be older: there the versions
 * say which is newer. What was told before gives way to the answer, whatever its version: versions go back where etcd is
 * restored from a backup, or another cluster answers.
 */
import type { OurSlice, Slice } from './slice.ts';
import { isOlder } from './version.ts';

/** Counts what is told: one that is greater is later. */
export type Moment = number;

/** Before all others: a watch tells without being asked, and may lag behind everything else. */
export const NEVER_ASKED: Moment = -1;

/** A list that was read to its end. */
export interface Listed {
  /** When it was begun. */
  readonly asked: Moment;
  readonly version: string;
}

export class KnownSlices {
  #now: Moment = 0;
  readonly #known = new Map<string, { readonly slice: Slice; readonly at: Moment }>();
  /** By their uids those that we deleted, though a watch may still tell of their lives. */
  readonly #deleted = new Map<string, { readonly namespace: string; readonly at: Moment }>();

  /** That of a question asked now. */
  get now(): Moment {
    return this.#now;
  }

  get size(): number {
    return this.#known.size;
  }

  keys(): Iterable<string> {
    return this.#known.keys();
  }

  get(key: string): Slice | undefined {
    return this.#known.get(key)?.slice;
  }

  /** @returns whether it is known so now; false where it is older than what is. */
  put(key: string, slice: Slice, asked: Moment): boolean {
    if (slice.type === 'ours') {
      const known = this.#known.get(key);
      const isSince = known !== undefined && known.at > asked;
      if (isSince && isOlder(slice.resourceVersion, versionOf(known.slice))) return false;
      if ((this.#deleted.get(slice.uid)?.at ?? asked) > asked) return false;
      this.#deleted.delete(slice.uid);
    }
    this.#known.set(key, { slice, at: ++this.#now });
    return true;
  }

  drop(key: string): void {
    this.#known.delete(key);
  }

  /** It was deleted by us. */
  deleted({ uid, namespace }: OurSlice): void {
    this.#deleted.set(uid, { namespace, at: ++this.#now });
  }

  /** Its end was told of by a watch, which tells nothing of it after that. */
  ended(uid: string): void {
    this.#deleted.delete(uid);
  }

  /** @returns whether one is gone that a list did not hold; not where it was made since, and is newer than the list. */
  isGone(key: string, { asked, version }: Listed): boolean {
    const known = this.#known.get(key);
    return known === undefined || known.at <= asked || !isOlder(version, versionOf(known.slice));
  }

  /** Forgets what we deleted before a list of the namespace (undefined: of all): what is watched from there on is later. */
  passed(namespace: string | undefined, { asked }: Listed): void {
    for (const [uid, one] of this.#deleted)
      if (one.at <= asked && (namespace ?? one.namespace) === one.namespace) this.#deleted.delete(uid);
  }
}

/** Of others' slices nothing is kept that could be older. */
function versionOf(slice: Slice): string {
  return slice.type === 'ours' ? slice.resourceVersion : '';
}
