/** Rolling updates under load: what the clients lost, and how long they took. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from '../../../agent/rehearse/load/outcome.ts';
import { apply, kubectl, waitFor } from '../kubectl.ts';
import { startLoad, startLoadPod } from '../load/client.ts';
import type { Clients } from '../load/plan.ts';
import { podNames } from '../pods.ts';
import { serviceAddress } from '../service.ts';
import { until } from '../wait.ts';
import { APP_NAME, type App, appManifests } from './apps.ts';

export interface RolloutPlan extends App {
  /** Each kind sends 60 requests a second. */
  readonly clients: readonly Clients[];
  /** One after the other. */
  readonly rollouts: number;
}

export interface Rolled {
  readonly sent: number;
  /** Answered with an error, refused, or not answered in 10 s. */
  readonly failed: readonly Outcome[];
  /** Their connection was closed without an answer. */
  readonly cut: readonly Outcome[];
  /** Of each rollout, from its beginning until the last old pod was gone. */
  readonly rolloutMs: readonly number[];
}

const RATE = 60;
/** Takes 3 s. */
const SLOW = { path: '/report', every: 20 };

/** So that arrivals have a rate, and every pod has been Ready for a while. */
const BEFORE_MS = 10_000;
/** For answers to the last that came. */
const AFTER_MS = 4_000;

const READY_MS = 120_000;
const ROLLOUT_MS = 180_000;

/** Starts three pods in an empty namespace, sends them requests, and replaces them one after the other. */
export async function rollOut(namespace: string, plan: RolloutPlan): Promise<Rolled> {
  await startLoadPod(namespace);
  await apply(namespace, ...appManifests(plan));
  await waitFor(namespace, `deployment/${APP_NAME}`, 'condition=Available', READY_MS);
  const host = await serviceAddress(namespace, APP_NAME);
  const loads = await Promise.all(
    plan.clients.map(clients =>
      startLoad(namespace, clients, { host, port: 80, path: '/', rate: RATE, clients, slow: SLOW }),
    ),
  );
  const rolloutMs: number[] = [];
  for (let count = 0; count < plan.rollouts; count++) {
    await sleep(BEFORE_MS);
    rolloutMs.push(await replaceAll(namespace));
  }
  await sleep(AFTER_MS);
  const outcomes = (await Promise.all(loads.map(load => load.stop()))).flat();
  return {
    sent: outcomes.length,
    failed: outcomes.filter(({ type }) => type === 'status' || type === 'unanswered'),
    cut: outcomes.filter(({ type }) => type === 'broken'),
    rolloutMs,
  };
}

/** @returns how long it took. */
async function replaceAll(namespace: string): Promise<number> {
  const old = await podNames(namespace, APP_NAME);
  const from = performance.now();
  await kubectl(['--namespace', namespace, 'rollout', 'restart', `deployment/${APP_NAME}`]);
  const allGone = async (): Promise<boolean> => {
    const now = await podNames(namespace, APP_NAME);
    return now.length === old.length && now.every(name => !old.includes(name));
  };
  await until('all pods are replaced', allGone, { timeoutMs: ROLLOUT_MS });
  return performance.now() - from;
}
