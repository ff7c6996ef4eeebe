/** Rolling updates under load: what the clients lost, and how long they took. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from '../../../agent/rehearse/load/outcome.ts';
import { grant } from '../api/rights.ts';
import { apply, kubectl, waitFor } from '../kubectl.ts';
import { startLoad, startLoadPod } from '../load/client.ts';
import type { Clients } from '../load/plan.ts';
import { podNames } from '../pods.ts';
import { serviceAddress } from '../service.ts';
import { Hopeless, until } from '../wait.ts';
import { accountsOf, dueAt } from './account.ts';
import { APP_NAME, type App, appManifests, DYING } from './apps.ts';
import { type PodWatch, watchPods } from './pod-times.ts';
import { howOf } from './strategy.ts';

export interface RolloutPlan extends App {
  /** Each kind sends 60 requests a second. */
  readonly clients: readonly Clients[];
  /** One after the other. */
  readonly rollouts: number;
}

export interface RolloutSurroundings {
  readonly signal?: AbortSignal;
  /** Told before each rollout, and after the last: how many there have been. */
  readonly onRollout?: (count: number) => void;
}

export interface Rolled {
  readonly sent: number;
  /** Answered with an error, refused, or not answered in 10 s. */
  readonly failed: readonly Outcome[];
  /** Their connection was closed without an answer. */
  readonly cut: readonly Outcome[];
  /** Of each rollout, from its beginning until the last old pod was gone. */
  readonly rolloutMs: readonly number[];
  readonly ended: readonly EndedPod[];
}

/** A pod that was replaced. */
export interface EndedPod {
  /** From its deletion until the API no longer had it. */
  readonly goneMs: number;
  /**
   * How much of it was after the last of `drain-min`, the last arrival, and the end of the longest request that had begun
   * by then; undefined where the app gives no account.
   */
  readonly lateMs: number | undefined;
}

const RATE = 60;
/** Takes 3 s. */
const SLOW = { path: '/report', every: 20 };

/** The agent's default. */
const DRAIN_MIN_MS = 5_000;

/** So that arrivals have a rate, and every pod has been Ready for a while. */
const BEFORE_MS = 10_000;
/** For answers to the last that came. */
const AFTER_MS = 4_000;

const READY_MS = 120_000;
const ROLLOUT_MS = 180_000;

/** Starts three pods in an empty namespace, sends them requests, and replaces them one after the other. */
export async function rollOut(
  namespace: string,
  plan: RolloutPlan,
  { signal, onRollout = () => {} }: RolloutSurroundings = {},
): Promise<Rolled> {
  await startLoadPod(namespace);
  if (howOf(plan.strategy).api) await grant(namespace);
  await apply(namespace, ...appManifests(plan));
  await waitFor(namespace, `deployment/${APP_NAME}`, 'condition=Available', READY_MS);
  const host = await serviceAddress(namespace, APP_NAME);
  const loads = await Promise.all(
    plan.clients.map(clients =>
      startLoad(namespace, clients, { host, port: 80, path: '/', rate: RATE, clients, slow: SLOW }),
    ),
  );
  const watch = watchPods(namespace, APP_NAME);
  try {
    const rolloutMs: number[] = [];
    const ended: EndedPod[] = [];
    for (let count = 0; count < plan.rollouts; count++) {
      onRollout(count);
      await sleep(BEFORE_MS, undefined, { signal });
      const replaced = await replaceAll(namespace, plan, watch, signal);
      rolloutMs.push(replaced.tookMs);
      ended.push(...replaced.ended);
    }
    onRollout(plan.rollouts);
    await sleep(AFTER_MS, undefined, { signal });
    const outcomes = (await Promise.all(loads.map(load => load.stop()))).flat();
    return {
      sent: outcomes.length,
      failed: outcomes.filter(({ type }) => type === 'status' || type === 'unanswered'),
      cut: outcomes.filter(({ type }) => type === 'broken'),
      rolloutMs,
      ended,
    };
  } finally {
    await watch.stop();
  }
}

async function replaceAll(
  namespace: string,
  { app }: RolloutPlan,
  { times, isOver }: PodWatch,
  signal: AbortSignal | undefined,
): Promise<{ readonly tookMs: number; readonly ended: readonly EndedPod[] }> {
  const old = await podNames(namespace, APP_NAME);
  const log = app === 'dies' ? followLogs(namespace, signal) : undefined;
  // It is awaited below, unless something else fails before.
  log?.catch(() => {});
  const from = performance.now();
  await kubectl(['--namespace', namespace, 'rollout', 'restart', `deployment/${APP_NAME}`]);
  const allGone = (): boolean => {
    if (isOver()) throw new Hopeless('The watch of the pods is over');
    return old.every(name => times.get(name)?.goneAt !== undefined);
  };
  await until('all pods are replaced', allGone, { timeoutMs: ROLLOUT_MS, ...(signal && { signal }) });
  const tookMs = performance.now() - from;
  const accounts = accountsOf((await log) ?? '');
  const ended = old.map((name): EndedPod => {
    const { deletedAt = Number.NaN, goneAt = Number.NaN } = times.get(name) ?? {};
    const account = accounts.get(name);
    const lateMs = account && goneAt - dueAt(account, deletedAt, DRAIN_MIN_MS);
    return { goneMs: goneAt - deletedAt, lateMs };
  });
  return { tookMs, ended };
}

/** It ends when the containers that run now have ended. */
function followLogs(namespace: string, signal: AbortSignal | undefined): Promise<string> {
  const what = ['logs', '--follow', '--prefix', '--selector', `app=${APP_NAME}`, '--container', DYING];
  const args = ['--namespace', namespace, ...what, '--max-log-requests=10', '--ignore-errors'];
  return kubectl(args, { timeoutMs: ROLLOUT_MS, ...(signal && { signal }) });
}
