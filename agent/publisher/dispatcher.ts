import { heededMs, refusedMs, soonMs } from '../../lib/publisher/back-off.ts';
import type { Problem } from '../../lib/publisher/desired.ts';
import { nextOf } from '../../lib/publisher/order.ts';
import { Places } from '../../lib/publisher/places.ts';
import { Queue } from '../../lib/publisher/queue.ts';
import { type Plan, reconcile } from '../../lib/publisher/reconcile.ts';
import { type Failed, failed, goneOn, made, type Round, roundOf } from '../../lib/publisher/round.ts';
import type { Key, Store } from '../../lib/publisher/store.ts';
import type { Write } from '../../lib/publisher/write.ts';
import { Lane, type Work } from './lane.ts';
import { createMaking } from './making.ts';
import type { Writer, Written } from './writer.ts';

/** Reconciles Services one after the other, and has their writes made. */
export interface Dispatcher {
  readonly waiting: number;
  /** Since when the first of them waits. */
  readonly oldest: number | undefined;
  add(keys: Iterable<Key>): void;
  /** Begins to work, or goes on. */
  start(): void;
  /** Works no more, and forgets what waits. Ends when what was being written has ended, or was given up. */
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

/**
 * @returns a dispatcher that waits to be started.
 *
 * Invariants: of a Service one write is made at a time. Each goes through the lane of its kind, so that taking an endpoint
 * out never waits for the rest. A change ends the plan after the write that is being made; one that fails does not. What
 * waits in a lane keeps its turn when it changes, and is planned anew by then. Where a write hangs, the Service gives its
 * place up to others, and goes on when it is its turn again.
 */
export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const { store, now, writesPerSecond } = parts;
  const queue = new Queue();
  const making = createMaking(store, parts.write, now);
  const laneOfOneKind = (): Lane => new Lane(writesPerSecond, new Places(making.hanging), now());
  const lanes = { out: laneOfOneKind(), in: laneOfOneKind() };
  const both = Object.values(lanes);
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

  function planOf(key: Key): Plan {
    const world = store.world(key);
    if (world !== undefined) return reconcile(world);
    making.forget(key);
    return { writes: [], problems: [] };
  }

  function plan(key: Key): void {
    const { writes, problems } = planOf(key);
    parts.problems(key, problems);
    const first = next(key, writes, lanes.out);
    for (const lane of both) lane.drop(key);
    if (first !== undefined) return laneOf(first).put({ key, ...roundOf(writes), plannedAt: now() });
    forget(key);
    queue.done(key);
  }

  function forget(key: Key): void {
    outs.delete(key);
    for (const lane of both) lane.done(key);
  }

  /** One that adds has its turn where it may be made at once: what takes out does not wait with it. */
  function next(key: Key, left: readonly Write[], lane: Lane): Write | undefined {
    const mayAdd = lane === lanes.in || lanes.in.isFree(key, now());
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
      const leave = lane.enter(work.key);
      // What was planned before the change may be wrong by now, and what has failed is still to wait.
      const round = queue.isStale(work.key) ? goneOn(work, planOf(work.key).writes) : work;
      const ended = carryOut({ ...work, ...round }, lane).finally(() => {
        leave();
        works.delete(ended);
        pumpSoon();
      });
      works.add(ended);
    }
  }

  /** Writes as long as the plan holds and writes of the lane's kind may be made. */
  async function carryOut(work: Work, lane: Lane): Promise<void> {
    const { key } = work;
    for (let round: Round = work, hasHung = false; ; hasHung = making.hanging.has(key)) {
      const write = next(key, round.left, lane);
      if (write === undefined) return end(key, round.failed);
      // What fails again and again is among the first again and again: what takes out goes on after it.
      if (!isRunning || (queue.isStale(key) && !(round.failed !== undefined && write.takesOut)))
        return giveBack(key, round.failed);
      if (hasHung || laneOf(write) !== lane || !lane.draw(key, now()))
        return laneOf(write).put({ ...work, ...round });
      const written = await making.make(key, write);
      const { outcome } = written;
      parts.written(key, write, written);
      outs.set(key, outcome === 'done' && write.takesOut ? (outs.get(key) ?? 0) + 1 : 0);
      // Nothing has failed: what it was given up for waits for nothing.
      if (outcome === 'abandoned') return queue.goOn(key, now());
      if (outcome === 'done') {
        round = made(round, write);
        continue;
      }
      round = failed(round, write, outcome);
      const asked = 'retryAfterMs' in written ? written.retryAfterMs : undefined;
      if (asked !== undefined || outcome === 'not leading') return end(key, outcome, heededMs(asked));
    }
  }

  /** What is left is to be planned anew. */
  function giveBack(key: Key, why: Failed | undefined): void {
    if (why === undefined) queue.goOn(key, now());
    else end(key, why);
  }

  /** Nothing is left that can be made now. */
  function end(key: Key, why: Failed | undefined, askedMs = 0): void {
    if (why === undefined) {
      forget(key);
      parts.settled(key, queue.job(key)?.since ?? now());
      return queue.done(key);
    }
    const longer = why === 'refused' ? refusedMs : soonMs;
    const waitMs = (failures: number): number =>
      why === 'conflict' && failures === 1 ? 0 : longer(failures, Math.random());
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
        making.changed(key);
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
      for (const key of both.flatMap(lane => lane.clear())) queue.done(key);
      queue.clear();
      await Promise.all([making.stop(), ...works]);
      if (isRunning) return;
      // What was being written waits again by now.
      queue.clear();
      outs.clear();
    },
  };
}
