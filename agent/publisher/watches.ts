import { setTimeout as sleep } from 'node:timers/promises';
import type { StatusLink } from '../../lib/status/status.ts';
import { type Scope, watchScope } from './scope.ts';
import { type WatchParts, watchOne } from './watch.ts';

/** All that is watched. */
export interface Watches {
  /**
   * The nodes have been read to the end once, and so has each namespace that is not refused; one at least. Before that
   * nothing must be concluded; and of a namespace nothing before it is read itself (`Scope`).
   */
  readonly areSynced: boolean;
  /** It is refused what nothing can be concluded without: the nodes, or some of each namespace. */
  readonly areRefused: boolean;
  /** By resource. */
  readonly status: readonly (StatusLink & { readonly resource: string; readonly isSynced: boolean })[];
  /** The namespaces that are not read, of those that are named; and why, where that is known. */
  readonly unread: Readonly<Record<string, readonly string[]>>;
  /** Begins all watches anew from where they are, for the network may have lost some without a word. */
  again(): void;
  /** False where pods, Services or slices were lost long ago: one would keep out who knows them, and write from old ones. */
  readonly mayLead: boolean;
  /**
   * Waits until each has told what had happened when `again()` was called last, and each list under way is read to its end;
   * but for a namespace that is refused and was never read, of which nothing is concluded. After `withinMs` it goes on
   * without those that do not keep from leading (`mayLead`) either: nodes, and what is refused of a namespace.
   *
   * @returns false where it was stopped first.
   */
  current(withinMs: number, signal: AbortSignal): Promise<boolean>;
  close(): void;
}

export interface WatchesParts extends WatchParts {
  /** None: all of the cluster. */
  readonly namespaces: readonly string[];
  /** All has been read for the first time, but for what is refused (`areSynced`). */
  readonly synced: () => void;
  /** A namespace that was refused until now has been read. */
  readonly readLater: (namespace: string) => void;
}

const LOOK_MS = 20;

/** @returns watches that begin to read. */
export function watchAll(parts: WatchesParts): Watches {
  const { namespaces } = parts;
  const nodes = watchOne(parts, 'nodes', undefined, check);
  const scopes: readonly Scope[] = (namespaces.length === 0 ? [undefined] : namespaces).map(namespace =>
    watchScope(parts, namespace, isReadNow => {
      if (areSynced && isReadNow && namespace !== undefined) parts.readLater(namespace);
      check();
    }),
  );
  const all = [nodes, ...scopes.flatMap(({ watches }) => watches)];
  let areSynced = false;

  function check(): void {
    const areRead = nodes.isSynced() && scopes.every(({ isRead, isRefused }) => isRead() || isRefused());
    if (areSynced || !areRead || !scopes.some(({ isRead }) => isRead())) return;
    areSynced = true;
    parts.synced();
  }

  return {
    get areSynced(): boolean {
      return areSynced;
    },
    get areRefused(): boolean {
      return (!nodes.isSynced() && nodes.isRefused()) || scopes.every(({ isRefused }) => isRefused());
    },
    get status(): Watches['status'] {
      return all.map(({ resource, link, isSynced }) => ({ resource, ...link(), isSynced: isSynced() }));
    },
    get unread(): Watches['unread'] {
      const unread = scopes.filter(({ isRead }) => !isRead());
      return Object.fromEntries(
        unread.flatMap(({ namespace, because }) => (namespace === undefined ? [] : [[namespace, because()]])),
      );
    },
    again: () => all.forEach(({ again }) => again()),
    get mayLead(): boolean {
      return !nodes.isBlind() && scopes.every(({ isBlind }) => !isBlind());
    },
    async current(withinMs, signal): Promise<boolean> {
      const until = performance.now() + withinMs;
      while (!signal.aborted) {
        const isLate = performance.now() >= until;
        const wanted = [nodes, ...scopes.flatMap(({ isRefused, watches }) => (isRefused() ? [] : watches))];
        if (wanted.every(({ isBehind, isSpared }) => !isBehind() || (isLate && isSpared()))) return true;
        await sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => {});
      }
      return false;
    },
    close: () => all.forEach(({ end }) => end()),
  };
}
