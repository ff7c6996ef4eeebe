import { type Key, splitKey } from './store.ts';

/** Writes at a time, of a kind. */
const MOST = 16;
/** Of both kinds: those that take an endpoint out, and those that only add. */
export const MOST_WRITES: number = 2 * MOST;
/** Of Services that hang: each keeps its place for seconds, again and again. */
const MOST_HANGING = MOST / 4;
/** Of one namespace: where a webhook begins to hang, it is more often than not for one, of which nobody knows yet. */
const MOST_OF_NAMESPACE = MOST - MOST / 4;

/**
 * Who may write beside whom.
 *
 * Invariants: the Services that hang have a quarter of the places at most, and those of one namespace, whether they hang or
 * not, three quarters. So those that are known to hang hold up no others, and those that are not yet none of another
 * namespace; where several namespaces begin to hang at once, others wait until each Service has hung once.
 */
export class Places {
  readonly #hanging: ReadonlySet<Key>;
  #taken = 0;
  #takenByHanging = 0;
  readonly #takenBy = new Map<string, number>();

  /** @param hanging the Services whose last write hung, now and later. */
  constructor(hanging: ReadonlySet<Key>) {
    this.#hanging = hanging;
  }

  mayTake(key: Key): boolean {
    if (this.#taken >= MOST) return false;
    if (this.#hanging.has(key) && this.#takenByHanging >= MOST_HANGING) return false;
    return this.#of(namespaceOf(key)) < MOST_OF_NAMESPACE;
  }

  /** @returns what gives the place back, to be called once. */
  take(key: Key): () => void {
    const isHanging = this.#hanging.has(key);
    this.#count(namespaceOf(key), isHanging, 1);
    return () => this.#count(namespaceOf(key), isHanging, -1);
  }

  #of(namespace: string): number {
    return this.#takenBy.get(namespace) ?? 0;
  }

  #count(namespace: string, isHanging: boolean, one: 1 | -1): void {
    this.#taken += one;
    if (isHanging) this.#takenByHanging += one;
    const taken = this.#of(namespace) + one;
    if (taken > 0) this.#takenBy.set(namespace, taken);
    else this.#takenBy.delete(namespace);
  }
}

function namespaceOf(key: Key): string {
  return splitKey(key)[0];
}
