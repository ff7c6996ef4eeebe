import { setTimeout as sleep } from 'node:timers/promises';
import { soonMs } from '../../lib/publisher/back-off.ts';
import { SERVICE_NAME } from '../../lib/publisher/slice.ts';
import { type Key, type Kind, type Store, splitKey } from '../../lib/publisher/store.ts';
import { type Told, takeObject, takeRemoval } from '../../lib/publisher/told.ts';
import type { StatusLink } from '../../lib/status/status.ts';
import type { ApiClient } from '../kubernetes/client.ts';
import { createFollower } from '../kubernetes/follow.ts';
import { type Following, LARGEST_OBJECT, TIMING, type Timing } from '../kubernetes/following.ts';
import { createLink, type LinkListener } from '../kubernetes/link.ts';

/** All that is watched. */
export interface Watches {
  /** All of it has been read to the end once: before that nothing must be concluded. */
  readonly areSynced: boolean;
  /** By resource. */
  readonly status: readonly (StatusLink & { readonly resource: string; readonly isSynced: boolean })[];
  /** Begins all watches anew from where they are, for the network may have lost some without a word. */
  again(): void;
  /** False where pods, Services or slices were lost long ago: one would keep out who knows them, and write from old ones. */
  readonly mayLead: boolean;
  /**
   * Waits until each has told what had happened when `again()` was called last, and each list under way is read to its end.
   * After `withinMs` it goes on without those that do not keep from leading (`mayLead`): nodes, and what is refused of one
   * namespace of several.
   *
   * @returns false where it was stopped first.
   */
  current(withinMs: number, signal: AbortSignal): Promise<boolean>;
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

/** Pods are 5 to 20 KB; of the largest one fits. */
const PAGE = { items: 500, mostBytes: LARGEST_OBJECT, fewestItems: 1 };
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
  // A new leader waits for it.
  shortestWatchMs: 500,
  watchSeconds: 20,
  spreadSeconds: 6,
};

/** A restart of API servers takes less; and what is lost for so long is lost for this one alone, or for all. */
const BLIND_AFTER_MS = 30_000;
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 404]);
const LOOK_MS = 20;

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
  const all = KINDS.flatMap(kind =>
    (kind === 'nodes' ? [undefined] : scopes).map(namespace =>
      watchOne(parts, kind, namespace, check, watch => behind.delete(watch)),
    ),
  );
  for (const one of all) behind.add(one);
  let areSynced = false;

  function check(): void {
    if (areSynced || !all.every(({ isSynced }) => isSynced())) return;
    areSynced = true;
    parts.synced();
  }

  return {
    get areSynced(): boolean {
      return areSynced;
    },
    get status(): Watches['status'] {
      return all.map(({ resource, link, isSynced }) => ({ resource, ...link(), isSynced: isSynced() }));
    },
    again(): void {
      for (const one of all) {
        behind.add(one);
        one.again();
      }
    },
    get mayLead(): boolean {
      return all.every(({ isBlind }) => !isBlind());
    },
    async current(withinMs, signal): Promise<boolean> {
      const until = performance.now() + withinMs;
      while (!signal.aborted) {
        const isLate = performance.now() >= until;
        if ([...behind].every(({ isSpared }) => isLate && isSpared())) return true;
        await sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => {});
      }
      return false;
    },
    close: () => all.forEach(({ end }) => end()),
  };
}

interface Watch {
  readonly resource: string;
  readonly again: () => void;
  /** It has been lost for long, and keeps from leading. */
  readonly isBlind: () => boolean;
  /** It is lost, and does not keep from leading. */
  readonly isSpared: () => boolean;
  readonly end: () => void;
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
  /** As it was lost first, and has not been whole since. */
  let loss: { readonly at: number; readonly code: number | undefined } | undefined;
  /** Pages of a list come in. */
  let isReading = false;

  /** Whoever leads has the same rights; and where one namespace of several is refused, it knows the others. */
  function isSpared(): boolean {
    const isRefused = namespace !== undefined && REFUSALS.has(loss?.code ?? 0);
    return !isReading && loss !== undefined && (kind === 'nodes' || isRefused);
  }

  function isBlind(): boolean {
    return !isReading && loss !== undefined && now() - loss.at >= BLIND_AFTER_MS && !isSpared();
  }

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
      const asked = store.moment;
      return {
        take(object): string | undefined {
          isReading = true;
          const told = takeObject(store, kind, object, asked);
          if (told !== undefined) seen.add(told.key);
          return take(told);
        },
        end(version): undefined {
          const dirty = store.sweep(kind, namespace, seen, { asked, version });
          if (dirty.length > 0) changed(dirty);
          isSynced = true;
          isReading = false;
          loss = undefined;
          synced();
        },
      };
    },
    changed: (type, object) => take((type === 'DELETED' ? takeRemoval : takeObject)(store, kind, object)),
    heard: link.heard,
    watching(): void {
      loss = undefined;
      link.watching();
      caughtUp(watch);
    },
    lost(reason, code): void {
      isReading = false;
      loss = { at: loss?.at ?? now(), code };
      link.lost(reason);
    },
  };
  const follower = createFollower(following);
  const watch: Watch = {
    resource,
    again(): void {
      // While the network was lost nobody knew anything.
      if (loss !== undefined) loss = { ...loss, at: now() };
      follower.again();
    },
    end: follower.end,
    isBlind,
    isSpared,
    isSynced: () => isSynced,
    link: () => link.status,
  };
  return watch;
}
