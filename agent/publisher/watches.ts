import { setTimeout as sleep } from 'node:timers/promises';
import { isDispensable, isLostByRefusal, keepsFromLeading } from '../../lib/publisher/standing.ts';
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
  readonly status: readonly (StatusLink & { readonly resource: string })[];
  /** The namespaces that are not read, of those that are named, so that the store withholds them; and why. */
  readonly withheld: Readonly<Record<string, readonly string[]>>;
  /**
   * Begins all watches anew from where they are, for the network may have lost some without a word.
   * @param awayMs for so long the API server has answered nothing: that they were lost meanwhile does not count.
   */
  again(awayMs: number): void;
  /**
   * False where pods, Services or slices were lost long ago, or, before it writes, are read anew: one would keep out who
   * knows them. A namespace that is withheld does not count.
   */
  mayLead(isWriting: boolean): boolean;
  /**
   * Waits until each has told what had happened when `again()` was called last, and each list under way is read to its end;
   * but for a namespace that is withheld, of which nothing is concluded. After `withinMs` it goes on without those that do
   * not keep from leading (`mayLead`) either: nodes, and what is refused of a namespace. Nothing else is waited for without
   * an end: where it is lost, or its list is read anew, `mayLead()` is false soon.
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
    const areRead =
      nodes.standing().isSynced && scopes.every(({ isRead, isRefused }) => isRead() || isRefused());
    if (areSynced || !areRead || !scopes.some(({ isRead }) => isRead())) return;
    areSynced = true;
    parts.synced();
  }

  return {
    get areSynced(): boolean {
      return areSynced;
    },
    get areRefused(): boolean {
      const standing = nodes.standing();
      return (!standing.isSynced && isLostByRefusal(standing)) || scopes.every(scope => scope.isRefused());
    },
    get status(): Watches['status'] {
      return all.map(({ resource, link }) => ({ resource, ...link() }));
    },
    get withheld(): Watches['withheld'] {
      const withheld = scopes.filter(({ isRead }) => !isRead());
      return Object.fromEntries(
        withheld.flatMap(({ namespace, because }) =>
          namespace === undefined ? [] : [[namespace, because()]],
        ),
      );
    },
    again: awayMs => [nodes, ...scopes].forEach(({ again }) => again(awayMs)),
    mayLead: isWriting =>
      !keepsFromLeading(nodes.standing(), isWriting, parts.now()) &&
      scopes.every(({ mayLead }) => mayLead(isWriting)),
    async current(withinMs, signal): Promise<boolean> {
      const until = performance.now() + withinMs;
      while (!signal.aborted) {
        const isLate = performance.now() >= until;
        const wanted = [nodes, ...scopes.flatMap(scope => (scope.isWithheld() ? [] : scope.watches))];
        const standings = wanted.map(({ standing }) => standing());
        if (standings.every(one => !one.isBehind || (isLate && isDispensable(one)))) return true;
        await sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => {});
      }
      return false;
    },
    close: () => all.forEach(({ end }) => end()),
  };
}
