import { soonMs } from '../../lib/publisher/back-off.ts';
import { SERVICE_NAME } from '../../lib/publisher/slice.ts';
import {
  beginning,
  type Spares,
  type Standing,
  type StandingEvent,
  step,
} from '../../lib/publisher/standing.ts';
import { type Key, type Kind, type Store, splitKey } from '../../lib/publisher/store.ts';
import { type Told, takeObject, takeRemoval } from '../../lib/publisher/told.ts';
import type { StatusLink } from '../../lib/status/status.ts';
import type { ApiClient } from '../kubernetes/client.ts';
import { createFollower } from '../kubernetes/follow.ts';
import { type Following, LARGEST_OBJECT, TIMING, type Timing } from '../kubernetes/following.ts';
import { createLink, type LinkListener } from '../kubernetes/link.ts';

/** One kind, watched in one namespace or in all of the cluster: what it tells goes into the store. */
export interface Watch {
  readonly kind: Kind;
  /** `shop/pods`. */
  readonly resource: string;
  /**
   * Begins it anew from where it is, for the network may have lost it without a word.
   * @param awayMs for so long nothing was answered to anybody.
   */
  readonly again: (awayMs: number) => void;
  readonly end: () => void;
  /** What people are told of it: it is lost until it watches again. */
  readonly link: () => StatusLink;
  /** What is concluded by. */
  readonly standing: () => Standing;
}

export interface WatchParts {
  readonly client: ApiClient;
  readonly store: Store;
  readonly now: () => number;
  /** Services are to be reconciled. */
  readonly changed: (keys: readonly Key[]) => void;
  readonly unreadable: (resource: Kind, key: Key, problem: string) => void;
  readonly link: (resource: string) => LinkListener;
  /** All is read once, and not watched; what is read is as good as watched. */
  readonly isOnce?: boolean;
}

const FOLDERS: Readonly<Record<Kind, string>> = {
  nodes: '/api/v1',
  services: '/api/v1',
  pods: '/api/v1',
  endpointslices: '/apis/discovery.k8s.io/v1',
};

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

/**
 * A kubelet that has started anew tells of its pods within seconds. After a mere partition it may have nothing to tell of
 * them: so much later they serve again.
 */
const BELIEVED_AFTER_MS = 10_000;

/**
 * @param namespace undefined: all of the cluster.
 * @param moved is called when it has been read to the end, watches, or is lost.
 * @returns a watch that begins to read
 */
export function watchOne(
  parts: WatchParts,
  kind: Kind,
  namespace: string | undefined,
  moved: () => void,
): Watch {
  const { client, store, now, changed, unreadable, isOnce = false } = parts;
  const resource = namespace === undefined ? kind : `${namespace}/${kind}`;
  const link = createLink(now, parts.link(resource));
  /** By nodes that are back. */
  const doubts = new Map<string, NodeJS.Timeout>();
  let standing = beginning(sparesOf(kind, namespace));

  function become(event: StandingEvent): void {
    standing = step(standing, event, now());
  }

  function watching(): void {
    become({ type: 'watching' });
    link.watching();
    moved();
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
    isOnce,
    reading() {
      const seen = new Set<Key>();
      const asked = store.moment;
      return {
        take(object): string | undefined {
          if (seen.size === 0) become({ type: 'page' });
          const told = takeObject(store, kind, object, asked);
          if (told !== undefined) seen.add(told.key);
          return take(told);
        },
        end(version): undefined {
          const dirty = store.sweep(kind, namespace, seen, { asked, version });
          if (dirty.length > 0) changed(dirty);
          become({ type: 'read' });
          if (isOnce) watching();
          else moved();
        },
      };
    },
    changed: (type, object) => take((type === 'DELETED' ? takeRemoval : takeObject)(store, kind, object)),
    heard: link.heard,
    watching,
    lost(reason, code): void {
      become({ type: 'lost', code });
      link.lost(reason);
      moved();
    },
  };
  const follower = createFollower(following);
  return {
    kind,
    resource,
    again(awayMs): void {
      become({ type: 'again', awayMs });
      follower.again();
    },
    end: follower.end,
    link: () => link.status,
    standing: () => standing,
  };
}

/** Where one namespace of several is refused, the others are known. */
function sparesOf(kind: Kind, namespace: string | undefined): Spares {
  if (kind === 'nodes') return 'all';
  return namespace === undefined ? 'none' : 'refusals';
}
