import type { Key } from '../../lib/publisher/store.ts';
import type { Write } from '../../lib/publisher/write.ts';
import type { Writer, Written } from './writer.ts';

/** Makes writes, knows whose hang, and gives up those that must not go on. Of a Service one is made at a time. */
export interface Attempts {
  /** The Services whose last write hung: it kept its place for long, and got no answer. */
  readonly hanging: ReadonlySet<Key>;
  /**
   * @param givesWay whether something is to be taken out now that would wait for this write, which only adds.
   * @param hasTurn it comes after many that took out: it has longer.
   */
  make(key: Key, write: Write, givesWay: () => boolean, hasTurn?: boolean): Promise<Written>;
  /** Something of the Service has changed. */
  changed(key: Key): void;
  /** There is no such Service any more. */
  forget(key: Key): void;
  /** What is being made now has a moment to end, and is given up then. What is made later is not touched. */
  stop(): void;
}

interface Attempt {
  readonly controller: AbortController;
  /** Undefined for one that takes out. */
  readonly givesWay: (() => boolean) | undefined;
  /** Until it is looked at, or ended. */
  timer: NodeJS.Timeout | undefined;
  /** It was begun before the last `stop()`. */
  isLast: boolean;
}

/** How long a write that only adds may keep an endpoint of the same Service from being taken out. */
const SLOW_MS = 250;
/** What fails sooner, as where the API server is started anew, keeps no place from others. */
const HANGS_MS = 1000;
/** As `SLOW_MS`, for one that has its turn: else it would be given up each time where all writes are slow. */
const TURN_MS = HANGS_MS;
/** What is being made at `stop()` may take so long. */
const LAST_MS = 1000;

/**
 * Whoever leads next may begin while the API server still works on what was given up here. That does no harm: each write is
 * held to its slice's resourceVersion, a creation to a name that nobody has. So it fails where another has written since;
 * else it is done, and the other hears of it by its watch as of any edit.
 */
export function createAttempts(send: Writer, now: () => number): Attempts {
  const hanging = new Set<Key>();
  const current = new Map<Key, Attempt>();

  /** A look is as much work as a plan: one in so long, however many changes there are. */
  function lookLater(attempt: Attempt, afterMs = SLOW_MS): void {
    const { controller, givesWay, timer } = attempt;
    if (givesWay === undefined || timer !== undefined) return;
    attempt.timer = setTimeout(() => {
      attempt.timer = undefined;
      if (givesWay()) controller.abort();
    }, afterMs);
  }

  return {
    hanging,
    async make(key, write, givesWay, hasTurn = false) {
      const since = now();
      const controller = new AbortController();
      const { signal } = controller;
      const attempt: Attempt = {
        controller,
        givesWay: write.takesOut ? undefined : givesWay,
        timer: undefined,
        isLast: false,
      };
      current.set(key, attempt);
      lookLater(attempt, hasTurn ? TURN_MS : SLOW_MS);
      const written = await send(key, write, signal).finally(() => {
        clearTimeout(attempt.timer);
        current.delete(key);
      });
      const isUnanswered = written.outcome === 'unanswered';
      const isAbandoned = isUnanswered && signal.aborted;
      if (isUnanswered && now() - since >= HANGS_MS && !attempt.isLast) hanging.add(key);
      else if (!isAbandoned) hanging.delete(key);
      return isAbandoned ? { outcome: 'abandoned' } : written;
    },
    changed(key): void {
      const attempt = current.get(key);
      if (attempt !== undefined) lookLater(attempt);
    },
    forget: key => void hanging.delete(key),
    stop(): void {
      hanging.clear();
      for (const attempt of current.values()) {
        if (attempt.isLast) continue;
        attempt.isLast = true;
        clearTimeout(attempt.timer);
        attempt.timer = setTimeout(() => attempt.controller.abort(), LAST_MS);
      }
    },
  };
}
