import { setTimeout as sleep } from 'node:timers/promises';
import { soonMs } from '../../lib/publisher/back-off.ts';
import { SERVICE_NAME } from '../../lib/publisher/slice.ts';
import { type Key, type Kind, type Store, splitKey } from '../../lib/publisher/store.ts';
import { type Told, takeObject, takeRemoval } from '../../lib/publisher/told.ts';
import type { StatusLink } from '../../lib/status/status.ts';
import type { ApiClient } from '../kubernetes/client.ts';
import { createFollower, type Follower } from '../kubernetes/follow.ts';
import { type Following, TIMING, type Timing } from '../kubernetes/following.ts';
import { createLink, type LinkListener } from '../kubernetes/link.ts';

/** All that is watched. */
export interface Watches {
  /** All of it has been read to the end once: before that nothing must be concluded. */
  readonly areSynced: boolean;
  /** By resource. */
  readonly status: readonly (StatusLink & { readonly resource: string; readonly isSynced: boolean })[];
  /** Begins all watches anew from where they are, for the network may have lost some without a word. */
  again(): void;
  /** Resolves when each has told what had happened when `again()` was called last, or when the time is over. */
  current(withinMs: number): Promise<void>;
  close(): void;
}

export interface WatchesParts {
  readonly client: ApiClient;
  /** None: all of the cluster. */
  readonly namespaces: readonly string[];
  readonly store: Store;
  readonly now: () => number;
  /** Services are to be reconciled. */
  readonly changed: (keys: readonly Key[]) => void;
  /** All has been read to the end for the first time. */
  readonly synced: () => void;
  readonly unreadable: (resource: Kind, key: Key, problem: string) => void;
  readonly link: (resource: string) => LinkListener;
}

const FOLDERS: Readonly<Record<Kind, string>> = {
  nodes: '/api/v1',
  services: '/api/v1',
  pods: '/api/v1',
  endpointslices: '/apis/discovery.k8s.io/v1',
};
const KINDS = ['nodes', 'services', 'pods', 'endpointslices'] as const;

/** Pods are 5 to 20 KB; five of the largest, with 1.5 MiB each, fit. */
const PAGE = { items: 500, mostBytes: 8 * 1024 * 1024, fewestItems: 5 };
/** The largest clusters have 150,000 pods; the rest is for pages of few. */
const MOST_PAGES = 2000;
/**
 * A watch that is stuck without a word is one that has nothing to tell: so each is begun anew after 20 to 25 s, from where
 * it is, which the API server answers out of its cache. With what is added for one that does not end, this is the oldest
 * that what is known can be: 27 s. (Bookmarks would tell after a minute; client-go's pings of HTTP/2 after 45 s, and only
 * of a connection that is dead.)
 */
const LONGEST_WATCH_MS = 27_000;
const PATIENCE: Timing = {
  ...TIMING,
  backOffMs: soonMs,
  wholeListMs: 300_000,
  watch: { headMs: 10_000, quietMs: LONGEST_WATCH_MS, wholeMs: LONGEST_WATCH_MS },
  // By then a watch has told what it was begun for, out of the API server's cache; a new leader waits for it.
  shortestWatchMs: 500,
  watchSeconds: 20,
  spreadSeconds: 6,
};

/**
 * A kubelet that has started anew tells of its pods within seconds. After a mere partition it may have nothing to tell of
 * them: so much later they serve again.
 */
const BELIEVED_AFTER_MS = 10_000;

/** @returns watches that begin to read. */
export function watchAll(parts: WatchesParts): Watches {
  const { namespaces } = parts;
  const scopes = namespaces.length === 0 ? [undefined] : namespaces;
  /** Those that have not told all yet. */
  const behind = new Set<Watch>();
  let caughtUp = Promise.withResolvers<void>();
  const all = KINDS.flatMap(kind =>
    (kind === 'nodes' ? [undefined] : scopes).map(namespace =>
      watchOne(parts, kind, namespace, check, catchUp),
    ),
  );
  for (const one of all) behind.add(one);
  let areSynced = false;

  function check(): void {
    if (areSynced || !all.every(({ isSynced }) => isSynced())) return;
    areSynced = true;
    parts.synced();
  }

  function catchUp(watch: Watch): void {
    behind.delete(watch);
    if (behind.size === 0) caughtUp.resolve();
  }

  return {
    get areSynced(): boolean {
      return areSynced;
    },
    get status(): Watches['status'] {
      return all.map(({ resource, link, isSynced }) => ({ resource, ...link(), isSynced: isSynced() }));
    },
    again(): void {
      if (behind.size === 0) caughtUp = Promise.withResolvers<void>();
      for (const one of all) {
        behind.add(one);
        one.follower.again();
      }
    },
    async current(withinMs): Promise<void> {
      await Promise.race([caughtUp.promise, sleep(withinMs, undefined, { ref: false })]);
    },
    close: () => all.forEach(({ follower }) => follower.end()),
  };
}

interface Watch {
  readonly resource: string;
  readonly follower: Follower;
  readonly isSynced: () => boolean;
  readonly link: () => StatusLink;
}

function watchOne(
  parts: WatchesParts,
  kind: Kind,
  namespace: string | undefined,
  synced: () => void,
  caughtUp: (watch: Watch) => void,
): Watch {
  const { client, store, now, changed, unreadable } = parts;
  const resource = namespace === undefined ? kind : `${namespace}/${kind}`;
  const link = createLink(now, parts.link(resource));
  /** By nodes that are back. */
  const doubts = new Map<string, NodeJS.Timeout>();
  let isSynced = false;

  function believeLater(node: string): void {
    clearTimeout(doubts.get(node));
    const timer = setTimeout(() => {
      doubts.delete(node);
      changed(store.believe(node));
    }, BELIEVED_AFTER_MS);
    doubts.set(node, timer.unref());
  }

  /** What cannot be read of one object must not keep all others from being read. */
  function take(told: Told | undefined): string | undefined {
    if (told === undefined) return 'Told of an object without a name';
    if (told.problem !== undefined) unreadable(kind, told.key, told.problem);
    if (told.isBack === true) believeLater(splitKey(told.key)[1]);
    if (told.dirty.length > 0) changed(told.dirty);
    return undefined;
  }

  const following: Following = {
    client,
    path: `${FOLDERS[kind]}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${kind}`,
    query: kind === 'endpointslices' ? { labelSelector: SERVICE_NAME } : {},
    mostPages: MOST_PAGES,
    page: PAGE,
    timing: PATIENCE,
    reading() {
      const seen = new Set<Key>();
      return {
        take(object): string | undefined {
          const told = takeObject(store, kind, object);
          if (told !== undefined) seen.add(told.key);
          return take(told);
        },
        end(asOf): undefined {
          const dirty = store.sweep(kind, namespace, seen, asOf);
          if (dirty.length > 0) changed(dirty);
          isSynced = true;
          synced();
        },
      };
    },
    changed: (type, object) => take((type === 'DELETED' ? takeRemoval : takeObject)(store, kind, object)),
    heard: link.heard,
    watching(): void {
      link.watching();
      caughtUp(watch);
    },
    lost: link.lost,
  };
  const watch: Watch = {
    resource,
    follower: createFollower(following),
    isSynced: () => isSynced,
    link: () => link.status,
  };
  return watch;
}
