/** Rolling updates under load: what the clients lost, and how long they took. */
import { setTimeout as sleep } from 'node:timers/promises';
import { kubectl } from '../kubectl.ts';
import type { Clients } from '../load/plan.ts';
import { podNames } from '../pods.ts';
import { Hopeless, until } from '../wait.ts';
import { latenessOf } from './account.ts';
import { APP_NAME, type App, DYING } from './apps.ts';
import { type PodWatch, watchPods } from './pod-times.ts';
import { howOf } from './strategy.ts';
import { type Served, startUnderLoad } from './under-load.ts';

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

export interface Rolled extends Served {
  /** Of each rollout, from its beginning until the last old pod was gone. */
  readonly rolloutMs: readonly number[];
  readonly ended: readonly EndedPod[];
}

/** A pod that was replaced. */
export interface EndedPod {
  /** When the API no longer had it, in ms since the epoch. */
  readonly goneAt: number;
  /** From its deletion until then. */
  readonly goneMs: number;
  /** How long it stayed beyond its last reason to (`account.ts`); undefined where nobody tells. */
  readonly lateMs: number | undefined;
  /** What its agent has logged, if it has one, and the app that dies. */
  readonly log: readonly string[];
}

/** The agent's default. */
const DRAIN_MIN_MS = 5_000;

/** So that arrivals have a rate, and every pod has been Ready for a while. */
const BEFORE_MS = 10_000;
/** For answers to the last that came. */
const AFTER_MS = 4_000;

const ROLLOUT_MS = 180_000;

/** Starts three pods in an empty namespace, sends them requests, and replaces them one after the other. */
export async function rollOut(
  namespace: string,
  plan: RolloutPlan,
  { signal, onRollout = () => {} }: RolloutSurroundings = {},
): Promise<Rolled> {
  const load = await startUnderLoad(namespace, plan, plan.clients);
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
    return { ...(await load.stop()), rolloutMs, ended };
  } finally {
    await watch.stop();
  }
}

async function replaceAll(
  namespace: string,
  { app, strategy }: RolloutPlan,
  { times, isOver }: PodWatch,
  signal: AbortSignal | undefined,
): Promise<{ readonly tookMs: number; readonly ended: readonly EndedPod[] }> {
  const old = await podNames(namespace, APP_NAME);
  const whose = app === 'dies' ? '--all-containers' : '--container=podusher';
  const log = howOf(strategy).podusher ? followLogs(namespace, old, whose, signal) : undefined;
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
  const text = (await log) ?? '';
  const lateness = latenessOf(text, DYING, DRAIN_MIN_MS);
  const ended = old.map((name): EndedPod => {
    const { deletedAt = Number.NaN, goneAt = Number.NaN } = times.get(name) ?? {};
    const lines = text.split('\n').filter(line => line.includes(`[pod/${name}/`));
    return { goneAt, goneMs: goneAt - deletedAt, lateMs: lateness.get(name), log: lines };
  });
  return { tookMs, ended };
}

/** It ends when the pods have: new ones may be there before kubectl asks, and are of another hash. */
function followLogs(
  namespace: string,
  pods: readonly string[],
  whose: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  // `NAME-HASH-RANDOM`
  const hashes = new Set(pods.map(name => name.split('-').at(-2)));
  const selector = `app=${APP_NAME},pod-template-hash in (${[...hashes].join(',')})`;
  const what = ['logs', '--follow', '--prefix', '--selector', selector, whose];
  const args = ['--namespace', namespace, ...what, '--max-log-requests=10', '--ignore-errors'];
  return kubectl(args, { timeoutMs: ROLLOUT_MS, ...(signal && { signal }) });
}
