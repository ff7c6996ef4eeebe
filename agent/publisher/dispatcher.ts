import { heededMs, retryMs } from '../../lib/publisher/back-off.ts';
import type { Problem } from '../../lib/publisher/desired.ts';
import { hasOtherTurn, nextOf, outsWith } from '../../lib/publisher/order.ts';
import { Places } from '../../lib/publisher/places.ts';
import { Queue } from '../../lib/publisher/queue.ts';
import { type Plan, reconcile } from '../../lib/publisher/reconcile.ts';
import {
  afterFailure,
  afterSuccess,
  type Failure,
  hasToTakeOut,
  type Round,
  replanned,
  replannedWhole,
  roundOf,
} from '../../lib/publisher/round.ts';
import type { Key, Store } from '../../lib/publisher/store.ts';
import type { Write } from '../../lib/publisher/write.ts';
import { createAttempts } from './attempts.ts';
import { Lane, type Work } from './lane.ts';
import type { Writer, Written } from './writer.ts';

/** Reconciles Services one after the other, and has their writes made. */
export interface Dispatcher {
  readonly waiting: number;
  /** Since when the first of them waits. */
  readonly oldest: number | undefined;
  add(keys: Iterable<Key>): void;
  /** Begins to work. */
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
 * out never waits for the rest. A change ends the plan after the write that is being made; but where a write of the plan
 * has failed, what takes out goes on, by what is known then: else what fails again and again, and is first again and again,
 * would hold up the rest. What waits in a lane keeps its turn when it changes, and is planned anew by then.
 *
 * Where a Service goes once it is planned (its turn: in the lanes where it has not written since):
 *
 *     its next write is of the other kind, or one too    the lane of that kind          keeps its turn
 *       many by now, or its last one hung
 *     it changed, or what adds gave way to a take-out    the queue, to be planned now   keeps it, failures forgotten
 *     some failed, and no others can be made now         the queue, to be tried later   keeps it, one failure more
 *     nothing is left, or `stop()` was called            nowhere, or the queue where    loses it, failures forgotten
 *                                                          it has changed meanwhile
 */
export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const { store, now, writesPerSecond } = parts;
  const queue = new Queue();
  const attempts = createAttempts(parts.write, now);
  const laneOfOneKind = (): Lane => new Lane(writesPerSecond, new Places(attempts.hanging), now());
  const lanes = { out: laneOfOneKind(), in: laneOfOneKind() };
  const both = Object.values(lanes);
  /** How many writes in a row took an endpoint of a Service out. */
  const outs = new Map<Key, number>();
  const works = new Set<Promise<void>>();
  /** From one `start()` to the next `stop()`; undefined where this one does not work. */
  let term: object | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isPumping = false;

  function pumpSoon(): void {
    if (isPumping || term === undefined) return;
    isPumping = true;
    setImmediate(() => {
      isPumping = false;
      if (term !== undefined) pump();
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
    attempts.forget(key);
    return { writes: [], problems: [] };
  }

  function plan(key: Key): void {
    const { writes, problems } = planOf(key);
    parts.problems(key, problems);
    const first = next(key, writes);
    for (const lane of both) lane.drop(key);
    if (first === undefined) leave(key);
    else laneOf(first).put({ key, ...roundOf(writes), plannedAt: now() });
  }

  /** Nothing of it is to be written, unless it has changed meanwhile. */
  function leave(key: Key): void {
    outs.delete(key);
    for (const lane of both) lane.done(key);
    queue.done(key);
  }

  /**
   * One that adds has its turn where it may be made at once: what takes out does not wait with it.
   * @param lane where the Service has its turn; undefined where it has none yet.
   */
  function next(key: Key, left: readonly Write[], lane?: Lane): Write | undefined {
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
      const giveBack = lane.enter(work.key);
      const ended = carryOut(work, lane).finally(() => {
        giveBack();
        works.delete(ended);
        pumpSoon();
      });
      works.add(ended);
    }
  }

  /** Writes as long as the plan holds and writes of the lane's kind may be made. */
  async function carryOut(work: Work, lane: Lane): Promise<void> {
    const { key } = work;
    const own = term;
    let seen = 0;
    for (let round: Round = work, hasHung = false; ; hasHung = attempts.hanging.has(key)) {
      const changes = queue.changes(key);
      if (round.failure !== undefined && changes > seen) round = replanned(round, planOf(key).writes);
      seen = changes;
      const { left, failure } = round;
      const write = next(key, left, lane);
      if (write === undefined) return failure === undefined ? settle(key) : retry(key, failure);
      if (failure === undefined && changes > 0) return queue.planAgain(key, now());
      if (hasHung || laneOf(write) !== lane || !lane.draw(key, now()))
        return laneOf(write).put({ ...work, ...round });
      // What has failed in this round need not be given way to: it would fail again.
      const givesWay = (): boolean => hasToTakeOut(round, planOf(key).writes);
      const before = outs.get(key) ?? 0;
      const written = await attempts.make(key, write, givesWay, hasOtherTurn(before));
      const { outcome } = written;
      parts.written(key, write, written);
      if (own !== term) return leave(key);
      outs.set(key, outsWith(before, write, outcome));
      if (outcome === 'done') round = afterSuccess(round, write);
      // That is no failure: its plan is out of date, as by a change.
      else if (outcome === 'abandoned') queue.add(key, now());
      else {
        round = afterFailure(round, write, outcome);
        if (outcome === 'conflict') round = replannedWhole(round, planOf(key).writes);
        const asked = 'retryAfterMs' in written ? written.retryAfterMs : undefined;
        if (asked !== undefined || outcome === 'not leading') return retry(key, outcome, heededMs(asked));
      }
    }
  }

  function settle(key: Key): void {
    parts.settled(key, queue.job(key)?.since ?? now());
    leave(key);
  }

  function retry(key: Key, why: Failure, askedMs = 0): void {
    queue.retry(key, now(), failures => retryMs(why, failures, Math.random()), askedMs);
  }

  /**
   * A change has come: what waits in a lane is not made as it was planned, but keeps its turn. It is planned before that as
   * well, for there may be something to take out. After a failure, what takes out is left to `carryOut()`, and the rest ends.
   */
  function overtake(key: Key): void {
    for (const lane of both) {
      const work = lane.get(key);
      if (work === undefined || (work.failure !== undefined && lane === lanes.out)) continue;
      if (work.failure === undefined)
        return queue.planAgain(key, Math.max(now(), work.plannedAt + REPLANNED_MS));
      lane.drop(key);
      retry(key, work.failure);
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
      if (term === undefined) return;
      for (const key of keys) {
        queue.add(key, now());
        overtake(key);
        attempts.changed(key);
      }
      pumpSoon();
    },
    start(): void {
      term ??= {};
      pumpSoon();
    },
    async stop(): Promise<void> {
      term = undefined;
      clearTimeout(timer);
      for (const key of both.flatMap(lane => lane.clear())) queue.done(key);
      queue.clear();
      outs.clear();
      attempts.stop();
      await Promise.all(works);
    },
  };
}
