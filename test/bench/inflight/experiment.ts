import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ConnectionWatch, WATCH_EVERY_MS } from '../../../agent/sidecar/sockets/connection-watch.ts';
import { loadSystemCalls, Netlink } from '../../../agent/sidecar/sockets/netlink.ts';
import { Pace, SAMPLE_EVERY_MS } from '../../../agent/sidecar/sockets/pace.ts';
import { passiveOpensReader } from '../../../agent/sidecar/sockets/proc.ts';
import type { Activity } from '../../../lib/connections/activity.ts';
import type { EndFilter } from '../../../lib/connections/inet-diag-request.ts';
import type { Socket } from '../../../lib/connections/socket.ts';
import type { Parsed } from '../../../lib/parsed.ts';
import { announced, IDLE, IN_FLIGHT, setLongestAnswer, type Truth, truth } from './truth.ts';

/** How to run the experiment. */
export interface Experiment {
  readonly seconds: number;
  readonly doubtMs: number;
  readonly longestAnswerMs: number;
}

/** How often what the sockets say was right. Counts of (connection, sample) whose truth did not change meanwhile. */
export interface Figures {
  looks: number;
  /** In flight for longer than one sampling interval, by the truth. */
  inFlight: number;
  inFlightCalledIdle: number;
  inFlightInDoubt: number;
  idle: number;
  idleCalledInFlight: number;
  idleInDoubt: number;
  /** Idle, called in flight or in doubt, and its last byte was longer ago than doubt may last. */
  idleHeldTooLong: number;
  /** How many there were whose last byte was longer ago than that. */
  idleForLong: number;
  /** Truth changed while sampling, or the request was younger than one interval. */
  leftOut: number;
}

/**
 * Runs clients of five habits against a server that knows, and asks the kernel about the same connections, just as a
 * drain does.
 */
export async function experiment(options: Experiment): Promise<Figures> {
  const known = truth();
  const netlink = new Netlink(need(await loadSystemCalls()));
  setLongestAnswer(known, options.longestAnswerMs);
  const threads = ['server', 'clients'].map(
    name => new Worker(new URL(`./${name}.ts`, import.meta.url), { workerData: known.memory }),
  );
  try {
    return await sampleFor(options, known, netlink, await announced(known));
  } finally {
    await Promise.all(threads.map(thread => thread.terminate()));
    netlink.close();
  }
}

async function sampleFor(
  { seconds, doubtMs, longestAnswerMs }: Experiment,
  known: Truth,
  netlink: Netlink,
  port: number,
): Promise<Figures> {
  const figures = noFigures();
  const watch = new ConnectionWatch();
  const pauseAt = performance.now() + seconds * 1000;
  // Then all connections idle, until no doubt may hold any of them.
  const until = pauseAt + longestAnswerMs + doubtMs + 1000;
  const pace = new Pace();
  const readCounter = passiveOpensReader();
  let opened = need(readCounter());
  for (let next = performance.now(); next < until; ) {
    if (performance.now() >= pauseAt) setLongestAnswer(known, 0);
    if (pace.takes(performance.now(), () => need(readCounter()) !== opened)) {
      opened = need(readCounter());
      sampleOnce(figures, known, watch, netlink, port, doubtMs);
    } else {
      watch.lookUp(netlink, clock(), doubtMs);
    }
    next = Math.max(next + WATCH_EVERY_MS, performance.now() + 1);
    await sleep(Math.max(0, next - performance.now()));
  }
  return figures;
}

function sampleOnce(
  figures: Figures,
  known: Truth,
  watch: ConnectionWatch,
  netlink: Netlink,
  port: number,
  doubtMs: number,
): void {
  const before = { version: known.version.slice(), state: known.state.slice(), since: known.since.slice() };
  const now = clock();
  const anyOf: readonly EndFilter[] = [{ end: 'local', port }];
  const ends = need(netlink.dump({ states: ['established', 'close-wait'], info: true, anyOf }));
  const after = known.version.slice();
  watch.sample(ends, now, doubtMs);
  for (const end of ends) {
    const client = end.remote.port;
    const activity = watch.activities.get(end.name);
    // What changed while the kernel was asked is neither right nor wrong.
    const state = before.version[client] === after[client] ? before.state[client] : undefined;
    if (activity !== undefined)
      count(figures, end, activity, state, now - (before.since[client] ?? 0), doubtMs);
  }
}

function count(
  figures: Figures,
  { info }: Socket,
  { verdict }: Activity,
  state: number | undefined,
  sinceMs: number,
  doubtMs: number,
): void {
  figures.looks++;
  if (state === IN_FLIGHT && sinceMs > SAMPLE_EVERY_MS) {
    figures.inFlight++;
    if (verdict === 'in doubt') figures.inFlightInDoubt++;
    if (verdict === 'idle') figures.inFlightCalledIdle++;
  } else if (state === IDLE && info !== undefined) {
    figures.idle++;
    if (verdict === 'in flight') figures.idleCalledInFlight++;
    if (verdict === 'in doubt') figures.idleInDoubt++;
    const lastByteMs = Math.min(info.lastDataReceivedMs, info.lastDataSentMs);
    if (lastByteMs > doubtMs) figures.idleForLong++;
    if (verdict !== 'idle' && lastByteMs > doubtMs) figures.idleHeldTooLong++;
  } else {
    figures.leftOut++;
  }
}

function noFigures(): Figures {
  return {
    looks: 0,
    inFlight: 0,
    inFlightCalledIdle: 0,
    inFlightInDoubt: 0,
    idle: 0,
    idleCalledInFlight: 0,
    idleInDoubt: 0,
    idleHeldTooLong: 0,
    idleForLong: 0,
    leftOut: 0,
  };
}

/** @returns the value; an experiment cannot go on without. */
function need<T>(result: Parsed<T>): T {
  if (result.ok) return result.value;
  throw new Error(result.problems.join('; '));
}

function clock(): number {
  return performance.timeOrigin + performance.now();
}
