import { isLostByRefusal, keepsFromLeading } from '../../lib/publisher/standing.ts';
import { type Watch, type WatchParts, watchOne } from './watch.ts';

/**
 * The Services, pods and slices of one namespace, or of all of the cluster: what is watched together, for none of them
 * means anything without the others.
 *
 * Invariant: of a namespace nothing is concluded before it is read, whatever is known of it by then: without some of its
 * pods slices would be emptied. Once it is read, what was told last holds; but where it is refused by the time that all is
 * begun anew, it is as if it had not been read, for whoever led before may have known more.
 */
export interface Scope {
  /** Undefined: all of the cluster. */
  readonly namespace: string | undefined;
  readonly watches: readonly Watch[];
  readonly isRead: () => boolean;
  /** Nothing is concluded of it, though all others are published: it keeps from nothing. */
  readonly isWithheld: () => boolean;
  /** It is not read because some of it is refused: it is not waited for. */
  readonly isRefused: () => boolean;
  /** @param isWriting as of `keepsFromLeading()`. */
  readonly mayLead: (isWriting: boolean) => boolean;
  /** As of `Watch`. */
  readonly again: (awayMs: number) => void;
  /** What of it is lost or not read yet, and why: `pods: HTTP 403: …`. */
  readonly because: () => readonly string[];
}

const KINDS = ['services', 'pods', 'endpointslices'] as const;

/**
 * @param moved one of its watches stands otherwise; called with whether that has made it read.
 * @returns a scope that begins to be read; a namespace is withheld by the store until it is
 */
export function watchScope(
  parts: WatchParts,
  namespace: string | undefined,
  moved: (isReadNow: boolean) => void,
): Scope {
  const { store, changed, now } = parts;
  let isRead = false;
  withhold();

  function withhold(): void {
    isRead = false;
    if (namespace !== undefined) store.withhold(namespace);
  }

  /**
   * What is released while this one leads must be no older than its term is, and one of its lists may be: so none of its
   * watches is behind. (For all of the cluster whoever begins to lead waits, by `Watches.current()`.)
   */
  function isWhole(): boolean {
    const standings = watches.map(one => one.standing());
    return standings.every(({ isSynced, isBehind }) => isSynced && (namespace === undefined || !isBehind));
  }

  function look(): void {
    const isReadNow = !isRead && isWhole();
    isRead ||= isReadNow;
    const released = isReadNow && namespace !== undefined ? store.release(namespace) : [];
    if (released.length > 0) changed(released);
    moved(isReadNow);
  }

  const watches = KINDS.map(kind => watchOne(parts, kind, namespace, look));

  function someIsRefused(): boolean {
    return watches.some(one => isLostByRefusal(one.standing()));
  }

  function isWithheld(): boolean {
    return namespace !== undefined && !isRead;
  }

  return {
    namespace,
    watches,
    isRead: () => isRead,
    isWithheld,
    isRefused: () => !isRead && someIsRefused(),
    mayLead: isWriting =>
      isWithheld() || !watches.some(one => keepsFromLeading(one.standing(), isWriting, now())),
    again(awayMs): void {
      if (namespace !== undefined && someIsRefused()) withhold();
      for (const one of watches) one.again(awayMs);
    },
    because: () =>
      watches.flatMap(one => {
        const { isSynced, phase } = one.standing();
        if (phase.type === 'lost') return [`${one.kind}: ${one.link().because}`];
        return isSynced ? [] : [`${one.kind}: Not to the end yet`];
      }),
  };
}
