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

/** Which slice it is: another of the same name may have followed. */
export type SliceId = Pick<OurSlice, 'namespace' | 'name' | 'uid'>;

/** A list that was read to its end. */
export interface Listed {
  /** When it was begun. */
  readonly asked: Moment;
  readonly version: string;
}

/** More than end while a question is open, which is seconds. */
const MOST_ENDED = 2000;

export class KnownSlices {
  #now: Moment = 0;
  readonly #known = new Map<string, { readonly slice: Slice; readonly at: Moment }>();
  /** By their uids those that we deleted, though a watch may still tell of their lives. */
  readonly #deleted = new Map<string, { readonly namespace: string; readonly at: Moment }>();
  /** By their uids those whose end was told of, and when; those that ended first are forgotten first. */
  readonly #ended = new Map<string, Moment>();
  /** The last list of each namespace (undefined: of all), and when it had been read. */
  readonly #lists = new Map<string | undefined, { readonly version: string; readonly at: Moment }>();

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
      if (this.#isPast(key, slice, asked)) return false;
      this.#deleted.delete(slice.uid);
      this.#ended.delete(slice.uid);
    }
    this.#known.set(key, { slice, at: ++this.#now });
    return true;
  }

  /**
   * It was deleted by us, or is not there any more. A watch that has told of its end already tells nothing of it after that.
   *
   * @returns what was known of it, and is no more
   */
  deleted(key: string, { uid, namespace }: SliceId): Slice | undefined {
    if (!this.#ended.has(uid)) this.#deleted.set(uid, { namespace, at: ++this.#now });
    const known = this.get(key);
    if (known?.type !== 'ours' || known.uid !== uid) return undefined;
    this.#known.delete(key);
    return known;
  }

  /**
   * Its end is told of.
   *
   * @param uid where it is told: a slice of the same name may have followed.
   * @returns what was known of it, and is no more
   */
  ended(key: string, uid?: string): Slice | undefined {
    const known = this.get(key);
    const knownUid = known?.type === 'ours' ? known.uid : undefined;
    const ended = uid ?? knownUid;
    // Of others' nothing is asked that could be answered later.
    if (ended !== undefined) this.#end(ended, known?.type === 'foreign');
    if (knownUid !== ended && knownUid !== undefined) return undefined;
    this.#known.delete(key);
    return known;
  }

  /** @returns whether one is gone that a list did not hold; not where it was made since, and is newer than the list. */
  isGone(key: string, { asked, version }: Listed): boolean {
    const known = this.#known.get(key);
    return known === undefined || known.at <= asked || !isOlder(version, versionOf(known.slice));
  }

  /**
   * A list of the namespace (undefined: of all) has been read. What we deleted before it was begun is forgotten: what is
   * watched from there on is later.
   */
  passed(namespace: string | undefined, { asked, version }: Listed): void {
    for (const [uid, one] of this.#deleted)
      if (one.at <= asked && (namespace ?? one.namespace) === one.namespace) this.#deleted.delete(uid);
    this.#lists.set(namespace, { version, at: ++this.#now });
  }

  /** Whether what was told since it was asked for is newer, or is its end. */
  #isPast(key: string, { uid, namespace, resourceVersion }: OurSlice, asked: Moment): boolean {
    const since = (at: Moment | undefined): boolean => at !== undefined && at > asked;
    const known = this.#known.get(key);
    if (since(known?.at) && isOlder(resourceVersion, versionOf(known?.slice))) return true;
    if (since(this.#deleted.get(uid)?.at)) return true;
    // What a watch tells after an end is later than that: there it was restored from a backup.
    if (asked === NEVER_ASKED) return false;
    const list = this.#lists.get(undefined) ?? this.#lists.get(namespace);
    const isMissing =
      known === undefined && since(list?.at) && !isOlder(list?.version ?? '', resourceVersion);
    return isMissing || since(this.#ended.get(uid));
  }

  #end(uid: string, isForeign: boolean): void {
    this.#deleted.delete(uid);
    if (isForeign) return;
    this.#ended.delete(uid);
    this.#ended.set(uid, ++this.#now);
    const [first] = this.#ended.keys();
    if (this.#ended.size > MOST_ENDED && first !== undefined) this.#ended.delete(first);
  }
}

/** Of others' slices nothing is kept that could be older. */
function versionOf(slice: Slice | undefined): string {
  return slice?.type === 'ours' ? slice.resourceVersion : '';
}
