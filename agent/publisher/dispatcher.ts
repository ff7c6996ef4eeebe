import { refusedMs, soonMs } from '../../lib/publisher/back-off.ts';
import { type Bucket, draw, fullBucket, waitMs } from '../../lib/publisher/bucket.ts';
import type { Problem } from '../../lib/publisher/desired.ts';
import { Queue } from '../../lib/publisher/queue.ts';
import { type Plan, reconcile } from '../../lib/publisher/reconcile.ts';
import type { Key, Store } from '../../lib/publisher/store.ts';
import type { Write } from '../../lib/publisher/write.ts';
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

/** Taking an endpoint out never waits for the rest, which has a bucket and connections of its own. */
interface Lane {
  bucket: Bucket;
  working: number;
  readonly waiting: Map<Key, Plan>;
}

/** Writes at a time, in each lane. */
const MOST_WORKING = 16;
/** How long to plan without a pause: leases, watches and probes want their turn. */
const PLANNING_MS = 20;
/** How long a write may keep an endpoint of the same Service from being taken out. */
const SLOW_MS = 250;

/** @returns a dispatcher that waits to be started. */
export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const { store, now, write: makeWrite } = parts;
  const queue = new Queue();
  const lane = (): Lane => ({
    bucket: fullBucket(parts.writesPerSecond, now()),
    working: 0,
    waiting: new Map(),
  });
  const lanes = { out: lane(), in: lane() };
  /** What adds is being written for them. */
  const slow = new Map<Key, AbortController>();
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
    dispatch(lanes.out);
    dispatch(lanes.in);
    const waits = Object.values(lanes).flatMap(({ bucket, waiting, working }) =>
      waiting.size > 0 && working < MOST_WORKING ? [waitMs(bucket, now())] : [],
    );
    const nextAt = queue.nextAt();
    if (nextAt !== undefined) waits.push(nextAt - now());
    if (waits.length > 0) timer = setTimeout(pumpSoon, Math.max(1, Math.min(...waits)));
  }

  function plan(key: Key): void {
    const world = store.world(key);
    const planned: Plan = world === undefined ? { writes: [], problems: [] } : reconcile(world);
    parts.problems(key, planned.problems);
    if (planned.writes.length === 0) return queue.done(key);
    laneOf(planned).waiting.set(key, planned);
  }

  function laneOf({ writes }: Plan): Lane {
    return writes.some(({ takesOut }) => takesOut) ? lanes.out : lanes.in;
  }

  function dispatch(one: Lane): void {
    for (const [key, planned] of one.waiting) {
      if (one.working >= MOST_WORKING || waitMs(one.bucket, now()) > 0) return;
      one.waiting.delete(key);
      one.working++;
      const work = carryOut(key, planned, one).finally(() => {
        one.working--;
        works.delete(work);
        pumpSoon();
      });
      works.add(work);
    }
  }

  /** Writes as long as the plan holds and writes may be made. */
  async function carryOut(key: Key, { writes }: Plan, one: Lane): Promise<void> {
    const since = queue.job(key)?.since ?? now();
    for (const write of writes) {
      const left = draw(one.bucket, now());
      if (left === undefined || !isRunning || queue.isStale(key)) return queue.goOn(key, now());
      one.bucket = left;
      const controller = new AbortController();
      if (one === lanes.in) slow.set(key, controller);
      const written = await makeWrite(key, write, controller.signal);
      slow.delete(key);
      parts.written(key, write, written);
      if (written.outcome === 'done') continue;
      const isOutdated = written.outcome === 'conflict' || controller.signal.aborted;
      const longer = written.outcome === 'refused' ? refusedMs : soonMs;
      const askedMs = 'retryAfterMs' in written ? written.retryAfterMs : 0;
      return queue.failed(key, now(), failures =>
        isOutdated && failures === 1 ? 0 : longer(failures, Math.random(), askedMs),
      );
    }
    parts.settled(key, since);
    queue.done(key);
  }

  /** What was planned before waits no more; and a slow write that only adds is given up where an endpoint must go. */
  function replan(key: Key): void {
    for (const one of Object.values(lanes)) if (one.waiting.delete(key)) queue.goOn(key, now());
    const before = slow.get(key);
    if (before === undefined) return;
    setTimeout(() => {
      const world = slow.get(key) === before ? store.world(key) : undefined;
      if (world !== undefined && laneOf(reconcile(world)) === lanes.out) before.abort();
    }, SLOW_MS);
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
      for (const one of Object.values(lanes)) {
        for (const key of one.waiting.keys()) queue.done(key);
        one.waiting.clear();
      }
      queue.clear();
      await Promise.all(works);
    },
  };
}
