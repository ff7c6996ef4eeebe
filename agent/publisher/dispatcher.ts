import { heededMs, refusedMs, soonMs } from '../../lib/publisher/back-off.ts';
import type { Problem } from '../../lib/publisher/desired.ts';
import { nextOf, without } from '../../lib/publisher/order.ts';
import { Queue } from '../../lib/publisher/queue.ts';
import { type Plan, reconcile } from '../../lib/publisher/reconcile.ts';
import type { Key, Store } from '../../lib/publisher/store.ts';
import type { Write } from '../../lib/publisher/write.ts';
import { createAdding } from './adding.ts';
import { Lane, type Work } from './lane.ts';
import type { Writer, Written } from './writer.ts';

/** Reconciles Services one after the other, and has their writes made. */
export interface Dispatcher {
  readonly waiting: number;
  /** Since when the first of them waits. */
  readonly oldest: number | undefined;
  add(keys: Iterable<Key>): void;
  /** Begins to work, or goes on. */
  start(): void;
  /** Works no more, and forgets what waits. Ends when what was being written has ended. */
  stop(): Promise<void>;
}

export interface DispatcherParts {
  readonly store: Store;
  readonly write: Writer;
  readonly now: () => number;
  readonly writesPerSecond: number;
  readonly written: (key: Key, write: Write, written: Written) => void;
  /** A Service is as it is to be, after something was written for it; since when it was not. */
  readonly settled: (key: Key, since: number) => void;
  readonly problems: (key: Key, problems: readonly Problem[]) => void;
}

/** How long to plan without a pause: leases, watches and probes want their turn. */
const PLANNING_MS = 20;
/** How often a Service that waits is planned anew at most, however often it changes: 4,000 pods take 5 ms. */
const REPLANNED_MS = 100;
/** Why to try again, those first for which that is soonest. */
const FAILED = ['conflict', 'not leading', 'unanswered', 'refused'] as const;

/**
 * @returns a dispatcher that waits to be started.
 *
 * Invariants: of a Service one write is made at a time. Each goes through the lane of its kind, so that taking an endpoint
 * out never waits for the rest. A change ends the plan after the write that is being made; one that fails does not. What
 * waits in a lane keeps its turn when it changes, and is planned anew by then.
 */
export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const { store, now, writesPerSecond } = parts;
  const queue = new Queue();
  const lanes = { out: new Lane(writesPerSecond, now()), in: new Lane(writesPerSecond, now()) };
  const both = Object.values(lanes);
  const adding = createAdding(store, parts.write);
  /** How many writes in a row took an endpoint of a Service out. */
  const outs = new Map<Key, number>();
  const works = new Set<Promise<void>>();
  let isRunning = false;
  let timer: NodeJS.Timeout | undefined;
  let isPumping = false;

  function pumpSoon(): void {
    if (isPumping || !isRunning) return;
    isPumping = true;
    setImmediate(() => {
      isPumping = false;
      if (isRunning) pump();
    });
  }

  function pump(): void {
    clearTimeout(timer);
    const until = now() + PLANNING_MS;
    for (let key = queue.take(now()); key !== undefined; key = queue.take(now())) {
      plan(key);
      if (now() < until) continue;
      pumpSoon();
      break;
    }
    for (const lane of both) begin(lane, until);
    const waits = both.flatMap(lane => lane.waitMs(now()) ?? []);
    const nextAt = queue.nextAt();
    if (nextAt !== undefined) waits.push(nextAt - now());
    if (waits.length > 0) timer = setTimeout(pumpSoon, Math.max(1, Math.min(...waits)));
  }

  function plan(key: Key): void {
    const world = store.world(key);
    const { writes, problems }: Plan = world === undefined ? { writes: [], problems: [] } : reconcile(world);
    parts.problems(key, problems);
    const first = next(key, writes, lanes.out);
    for (const lane of both) lane.drop(key);
    if (first !== undefined)
      return laneOf(first).put({ key, left: writes, failed: undefined, plannedAt: now() });
    forget(key);
    queue.done(key);
  }

  function forget(key: Key): void {
    outs.delete(key);
    for (const lane of both) lane.done(key);
  }

  /** One that adds has its turn where it may be made at once: what takes out does not wait with it. */
  function next(key: Key, left: readonly Write[], lane: Lane): Write | undefined {
    const mayAdd = lane === lanes.in || lanes.in.isFree(now());
    return nextOf(left, mayAdd ? (outs.get(key) ?? 0) : 0);
  }

  function laneOf({ takesOut }: Write): Lane {
    return takesOut ? lanes.out : lanes.in;
  }

  function begin(lane: Lane, until: number): void {
    for (let work = lane.next(now()); work !== undefined; work = lane.next(now())) {
      if (queue.takeNow(work.key)) {
        plan(work.key);
        if (now() < until) continue;
        return pumpSoon();
      }
      lane.enter(work.key);
      const ended = carryOut(work, lane).finally(() => {
        lane.leave();
        works.delete(ended);
        pumpSoon();
      });
      works.add(ended);
    }
  }

  /** Writes as long as the plan holds and writes of the lane's kind may be made. */
  async function carryOut(work: Work, lane: Lane): Promise<void> {
    const { key } = work;
    for (let { left, failed } = work; ; ) {
      const write = next(key, left, lane);
      if (write === undefined) return end(key, failed);
      // What fails again and again is among the first again and again: what takes out goes on after it.
      if (!isRunning || (queue.isStale(key) && !(failed !== undefined && write.takesOut)))
        return giveBack(key, failed);
      if (laneOf(write) !== lane || !lane.draw(key, now()))
        return laneOf(write).put({ ...work, left, failed });
      const written = await make(key, write);
      const { outcome } = written;
      parts.written(key, write, written);
      outs.set(key, outcome === 'done' && write.takesOut ? (outs.get(key) ?? 0) + 1 : 0);
      // Nothing has failed: what it was given up for waits for nothing.
      if (outcome === 'abandoned') return queue.goOn(key, now());
      const others = left.filter(one => one !== write);
      if (outcome === 'done') {
        left = others;
        continue;
      }
      failed = FAILED.find(one => one === outcome || one === failed);
      const asked = 'retryAfterMs' in written ? written.retryAfterMs : undefined;
      if (asked !== undefined || outcome === 'not leading') return end(key, outcome, heededMs(asked));
      left = without(write, others).filter(({ takesOut }) => takesOut || outcome !== 'unanswered');
    }
  }

  function make(key: Key, write: Write): Promise<Written> {
    return write.takesOut ? parts.write(key, write, new AbortController().signal) : adding.make(key, write);
  }

  /** What is left is to be planned anew. */
  function giveBack(key: Key, failed: Work['failed']): void {
    if (failed === undefined) queue.goOn(key, now());
    else end(key, failed);
  }

  /** Nothing is left that can be made now. */
  function end(key: Key, failed: Work['failed'], askedMs = 0): void {
    if (failed === undefined) {
      forget(key);
      parts.settled(key, queue.job(key)?.since ?? now());
      return queue.done(key);
    }
    const longer = failed === 'refused' ? refusedMs : soonMs;
    const waitMs = (failures: number): number =>
      failed === 'conflict' && failures === 1 ? 0 : longer(failures, Math.random());
    queue.failed(key, now(), waitMs, askedMs);
  }

  /**
   * What was planned before is made no more, but the turn is kept. Looked at before that it is as well: it may have
   * something to take out now. What takes out goes on after a failure, as `carryOut()` says.
   */
  function replan(key: Key): void {
    for (const lane of both) {
      const work = lane.get(key);
      if (work === undefined || (work.failed !== undefined && lane === lanes.out)) continue;
      if (work.failed === undefined) return queue.goOn(key, Math.max(now(), work.plannedAt + REPLANNED_MS));
      lane.drop(key);
      end(key, work.failed);
    }
  }

  return {
    get waiting(): number {
      return queue.size;
    },
    get oldest(): number | undefined {
      return queue.oldest;
    },
    add(keys): void {
      if (!isRunning) return;
      for (const key of keys) {
        queue.add(key, now());
        replan(key);
        adding.changed(key);
      }
      pumpSoon();
    },
    start(): void {
      isRunning = true;
      pumpSoon();
    },
    async stop(): Promise<void> {
      isRunning = false;
      clearTimeout(timer);
      adding.stop();
      for (const key of both.flatMap(lane => lane.clear())) queue.done(key);
      queue.clear();
      await Promise.all(works);
      if (isRunning) return;
      // What was being written waits again by now.
      queue.clear();
      outs.clear();
    },
  };
}
