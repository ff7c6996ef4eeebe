import { backOffMs } from '../../lib/kubernetes/back-off.ts';
import type { ApiClient, Failure, Limits } from './client.ts';

/** What is followed, and who is told. */
export interface Following {
  readonly client: ApiClient;
  /** `/api/v1/namespaces/shop/pods`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** A list of more is none. */
  readonly mostPages: number;
  readonly page?: PageSize;
  /** A list begins. */
  readonly reading: () => Reading;
  /** Something changed. @returns why it cannot be understood, so that all is read anew. */
  readonly changed: (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: unknown) => string | undefined;
  /** The server said something. */
  readonly heard: () => void;
  /** Changes come in. */
  readonly watching: () => void;
  /** None do, and why; the status that the server answered with, where it did. */
  readonly lost: (reason: string, code?: number) => void;
  readonly timing?: Timing | undefined;
  /** It ends with the first list that is read. */
  readonly isOnce?: boolean;
}

/** A list as it is read: each object is reduced on receipt. Both return what is wrong with it. */
export interface Reading {
  take(object: unknown): string | undefined;
  /** @param resourceVersion the list is as of then, all its pages. */
  end(resourceVersion: string): string | undefined;
}

/** How a list is cut into pages. */
export interface PageSize {
  readonly items: number;
  readonly mostBytes: number;
  /** After a page that was longer than that a quarter is asked for, but no fewer than these; then twice as many each time. */
  readonly fewestItems: number;
}

/** One of 1.5 MiB, the most that etcd takes, may be six times that in JSON: the API server writes each `<` as `\u003c`. */
export const LARGEST_OBJECT: number = 12 * 1024 * 1024;

/** How long things may take. */
export interface Timing {
  /** One page of a list. */
  readonly list: Limits;
  /** All its pages. */
  readonly wholeListMs: number;
  readonly watch: Limits;
  /** What the server is asked to end a watch after, so that its instances share the agents anew. */
  readonly watchSeconds: number;
  /** How much longer than that at most, by chance. */
  readonly spreadSeconds: number;
  /**
   * A watch that ends sooner is a failure, whatever it said: else a server could have it made anew without a pause.
   *
   * By then it is taken to have told what had happened before it was begun: a guess, though a long one, for the API server
   * writes that at once, out of its cache. It says nothing of the end of it: a bookmark comes after a minute, or two
   * seconds before the watch is over, and the one that says so (`sendInitialEvents`) costs a whole list, and is off by
   * default before 1.32 (`WatchList`).
   */
  readonly shortestWatchMs: number;
  readonly backOffMs: typeof backOffMs;
}

/** Bookmarks come each minute (`bookmarkFrequency`, `staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go`). */
export const TIMING: Timing = {
  list: { headMs: 10_000, quietMs: 5000, wholeMs: 15_000 },
  wholeListMs: 60_000,
  watch: { headMs: 10_000, quietMs: 150_000, wholeMs: 400_000 },
  watchSeconds: 300,
  spreadSeconds: 60,
  shortestWatchMs: 1000,
  backOffMs,
};

/** How a list or a watch ended: where the next watch goes on from (undefined: by a list), and what went wrong. */
export interface Turn {
  readonly version: string | undefined;
  readonly failure: Failure | undefined;
  /** It was a watch, and lasted: changes came in, or could have. */
  readonly wasGood: boolean;
}

/** @returns where to ask. */
export function pathOf(path: string, query: Readonly<Record<string, string>>): string {
  return `${path}?${new URLSearchParams(query).toString()}`;
}
