import { reconcile } from '../../lib/publisher/reconcile.ts';
import type { Key, Store } from '../../lib/publisher/store.ts';
import type { Write } from '../../lib/publisher/write.ts';
import type { Writer, Written } from './writer.ts';

/** Makes writes that only add, and gives a slow one up where an endpoint of its Service must go. */
export interface Adding {
  /** @param controller ends the write. */
  make(key: Key, write: Write, controller: AbortController): Promise<Written>;
  /** Something of the Service has changed. */
  changed(key: Key): void;
  /** Gives none up any more. */
  stop(): void;
}

/** How long a write may keep an endpoint of the same Service from being taken out. */
const SLOW_MS = 250;

interface Current {
  readonly controller: AbortController;
  timer: NodeJS.Timeout | undefined;
}

export function createAdding(store: Store, makeWrite: Writer): Adding {
  /** What is being written, by whose it is. */
  const writing = new Map<Key, Current>();

  /** Whether the first thing to do is to take an endpoint out. */
  function mustTakeOut(key: Key): boolean {
    const world = store.world(key);
    return world !== undefined && reconcile(world).writes[0]?.takesOut === true;
  }

  function forget(current: Current): void {
    clearTimeout(current.timer);
    current.timer = undefined;
  }

  return {
    async make(key, write, controller) {
      const current: Current = { controller, timer: undefined };
      writing.set(key, current);
      try {
        return await makeWrite(key, write, controller.signal);
      } finally {
        writing.delete(key);
        forget(current);
      }
    },
    changed(key): void {
      const current = writing.get(key);
      // A look is as much work as a plan: one in so long, however many changes there are.
      if (current === undefined || current.timer !== undefined) return;
      current.timer = setTimeout(() => {
        current.timer = undefined;
        if (mustTakeOut(key)) current.controller.abort();
      }, SLOW_MS);
    },
    stop: () => writing.forEach(forget),
  };
}
