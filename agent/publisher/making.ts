import type { Key, Store } from '../../lib/publisher/store.ts';
import type { Write } from '../../lib/publisher/write.ts';
import { createAdding } from './adding.ts';
import type { Writer, Written } from './writer.ts';

/** Makes writes, and knows whose hang. */
export interface Making {
  /** The Services whose last write hung: it kept its place for long, and got no answer. */
  readonly hanging: ReadonlySet<Key>;
  make(key: Key, write: Write): Promise<Written>;
  /** Something of the Service has changed. */
  changed(key: Key): void;
  /** There is no such Service any more. */
  forget(key: Key): void;
  /** What is being made has a moment to end, and is given up then. Ends when it has ended. */
  stop(): Promise<void>;
}

/** What fails sooner, as where the API server is started anew, keeps no place from others. */
const HANGS_MS = 1000;
/** What is being made when this one stops may take so long. */
const LAST_MS = 1000;

/**
 * Whoever leads next may begin while the API server still works on what was given up here. That does no harm: each write is
 * held to its slice's resourceVersion, a creation to a name that nobody has. So it fails where another has written since;
 * else it is done, and the other hears of it by its watch as of any edit.
 */
export function createMaking(store: Store, makeWrite: Writer, now: () => number): Making {
  const hanging = new Set<Key>();
  const current = new Map<AbortController, Promise<Written>>();
  const adding = createAdding(store, makeWrite);

  return {
    hanging,
    async make(key, write) {
      const since = now();
      const controller = new AbortController();
      const { signal } = controller;
      const making = write.takesOut ? makeWrite(key, write, signal) : adding.make(key, write, controller);
      current.set(controller, making);
      const written = await making.finally(() => current.delete(controller));
      const isUnanswered = written.outcome === 'unanswered';
      if (isUnanswered && signal.aborted) return { outcome: 'abandoned' };
      if (isUnanswered && now() - since >= HANGS_MS) hanging.add(key);
      else hanging.delete(key);
      return written;
    },
    changed: key => adding.changed(key),
    forget: key => void hanging.delete(key),
    async stop(): Promise<void> {
      adding.stop();
      hanging.clear();
      const last = [...current];
      const timer = setTimeout(() => {
        for (const [controller] of last) controller.abort();
      }, LAST_MS);
      await Promise.allSettled(last.map(([, making]) => making));
      clearTimeout(timer);
    },
  };
}
