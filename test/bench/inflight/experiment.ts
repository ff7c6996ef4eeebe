import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { loadSystemCalls, type Netlink, openNetlink } from '../../../agent/sidecar/sockets/netlink.ts';
import { type Activity, watchActivity } from '../../../lib/connections/activity.ts';
import type { Socket } from '../../../lib/connections/socket.ts';
import type { Parsed } from '../../../lib/settings/parsed.ts';
import { announced, IDLE, IN_FLIGHT, type Truth, truth } from './truth.ts';

/** How to run the experiment. */
export interface Experiment {
  readonly seconds: number;
  readonly intervalMs: number;
  readonly doubtMs: number;
}

/** How often what the sockets say was right. Counts of (connection, sample) whose truth did not change meanwhile. */
export interface Figures {
  looks: number;
  /** In flight for longer than one sampling interval, by the truth. */
  inFlight: number;
  calledIdle: number;
  inFlightInDoubt: number;
  idle: number;
  idleCalledInFlight: number;
  idleInDoubt: number;
  /** Idle, called in flight or in doubt, and its last byte was longer ago than doubt may last. */
  heldTooLong: number;
  /** Truth changed while sampling, or the request was younger than one interval. */
  leftOut: number;
}

/** Runs clients of five habits against a server that knows, and asks the kernel about the same connections. */
export async function experiment(options: Experiment, onMiss?: (miss: unknown) => void): Promise<Figures> {
  const known = truth();
  const netlink = need(openNetlink(need(await loadSystemCalls())));
  const threads = ['server', 'clients'].map(
    name => new Worker(new URL(`./${name}.ts`, import.meta.url), { workerData: known.memory }),
  );
  const port = await announced(known);
  try {
    return await sample(options, known, netlink, port, onMiss);
  } finally {
    await Promise.all(threads.map(thread => thread.terminate()));
    netlink.close();
  }
}

async function sample(
  { seconds, intervalMs, doubtMs }: Experiment,
  known: Truth,
  netlink: Netlink,
  port: number,
  onMiss?: (miss: unknown) => void,
): Promise<Figures> {
  const figures = noFigures();
  const until = performance.now() + seconds * 1000;
  let activities: ReadonlyMap<string, Activity> = new Map();
  let next = performance.now();
  while (performance.now() < until) {
    const before = { version: known.version.slice(), state: known.state.slice(), since: known.since.slice() };
    const now = performance.timeOrigin + performance.now();
    const sockets = need(netlink.dump({ states: ['established', 'close-wait'], info: true }));
    const after = known.version.slice();
    const ends = sockets.filter(({ local }) => local.port === port);
    activities = watchActivity(activities, ends, now, doubtMs);
    for (const end of ends) {
      const activity = activities.get(end.key);
      const client = end.remote.port;
      const isSteady = before.version[client] === after[client];
      const sinceMs = now - (before.since[client] ?? 0);
      if (activity === undefined) continue;
      const state = isSteady ? before.state[client] : undefined;
      if (count(figures, end, activity, state, sinceMs, intervalMs, doubtMs) === 'miss') {
        onMiss?.({ end, activity, sinceMs, at: now });
      }
    }
    next = Math.max(next + intervalMs, performance.now() + 1);
    await sleep(next - performance.now());
  }
  return figures;
}

function count(
  figures: Figures,
  { info }: Socket,
  { verdict }: Activity,
  state: number | undefined,
  sinceMs: number,
  intervalMs: number,
  doubtMs: number,
): 'miss' | undefined {
  figures.looks++;
  if (state === IN_FLIGHT && sinceMs > intervalMs) {
    figures.inFlight++;
    if (verdict === 'in doubt') figures.inFlightInDoubt++;
    if (verdict === 'idle') figures.calledIdle++;
    return verdict === 'idle' ? 'miss' : undefined;
  }
  if (state === IDLE && info !== undefined) {
    figures.idle++;
    if (verdict === 'in flight') figures.idleCalledInFlight++;
    if (verdict === 'in doubt') figures.idleInDoubt++;
    const lastByteMs = Math.min(info.lastDataReceivedMs, info.lastDataSentMs);
    if (verdict !== 'idle' && lastByteMs > doubtMs) figures.heldTooLong++;
    return verdict !== 'idle' && lastByteMs > doubtMs ? 'miss' : undefined;
  }
  figures.leftOut++;
  return undefined;
}

function noFigures(): Figures {
  return {
    looks: 0,
    inFlight: 0,
    calledIdle: 0,
    inFlightInDoubt: 0,
    idle: 0,
    idleCalledInFlight: 0,
    idleInDoubt: 0,
    heldTooLong: 0,
    leftOut: 0,
  };
}

function need<T>(result: Parsed<T>): T {
  if (result.ok) return result.value;
  throw new Error(result.problems.join('; '));
}
