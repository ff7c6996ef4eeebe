/** One cluster for the tests: brought up when there is none. */
import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pauseImage } from './build/base-images.ts';
import { removeAbandoned } from './build/cache.ts';
import { installPackages, missingPackages } from './build/packages.ts';
import { programsOf } from './build/programs.ts';
import { kubernetesVersion } from './build/versions.ts';
import { loadAgentImage } from './images.ts';
import { takeDown } from './machine/down.ts';
import { PAUSE_IMAGE } from './machine/node-config.ts';
import { LOGS } from './machine/place.ts';
import {
  type ClusterState,
  claim,
  conditionOf,
  isUsed,
  readState,
  use,
  writeState,
} from './machine/state.ts';
import { bringUp } from './machine/up.ts';
import { mend } from './mend.ts';
import { mustBePossible } from './possible.ts';
import { type Say, step } from './say.ts';
import { whatWasAlarming } from './what-happened.ts';

export interface OpenOptions {
  /** Whether it stays when this process has ended. */
  readonly stays: boolean;
  readonly signal: AbortSignal;
  readonly say: Say;
}

/**
 * Makes sure that a cluster is up. What a killed run has left is removed first; what this run began is removed when it
 * fails or is interrupted.
 *
 * @returns whether it was up before
 * @throws Impossible when there can be none here
 */
export async function openCluster({ stays, signal, say }: OpenOptions): Promise<boolean> {
  await mustBePossible();
  const state = readState();
  const condition = conditionOf(state);
  const wanted = process.env['PODUSHER_TEST_KUBERNETES'];
  if (state !== null && condition === 'busy') {
    throw new Error(`Process ${state.owner?.pid} is using the cluster; there can be one on a machine`);
  }
  if (state !== null && condition === 'up') {
    mustBeWanted(state, wanted);
    say(`Kubernetes ${state.version} is up already\n`);
    await mendUnlessUsed(say);
    return true;
  }
  if (condition === 'left') await step(say, 'Clean up what another run left', takeDown);
  await removeAbandoned();
  const packages = missingPackages();
  if (packages.length > 0) {
    await step(say, `Install ${packages.join(', ')}`, () => installPackages(packages, signal));
    // Links and tables could not be tried without them.
    await mustBePossible();
  }
  const version = await kubernetesVersion(wanted);
  const programs = await programsOf(version, signal, say);
  const pause = await pauseImage(PAUSE_IMAGE, signal);
  signal.throwIfAborted();
  const claimed = await claim(version, programs);
  try {
    await bringUp({ programs, pauseImage: pause, signal, say });
    await writeState({ ...claimed, isUp: true, owner: stays ? null : claimed.owner });
  } catch (error) {
    if (!signal.aborted) await explain(say);
    await step(say, 'Take down what was up', takeDown);
    throw error;
  }
  return false;
}

/**
 * Does something on a cluster: that of `PODUSHER_TEST_KUBECONFIG`, the one that is up, or one that is up for as long;
 * on ours, with the agent's image of this checkout.
 *
 * @throws Impossible when there can be none here
 */
export async function withCluster(
  { signal, say }: Omit<OpenOptions, 'stays'>,
  work: () => Promise<void>,
): Promise<void> {
  if (process.env['PODUSHER_TEST_KUBECONFIG']) return work();
  const wasUp = await openCluster({ stays: false, signal, say });
  const leave = await use();
  try {
    await loadAgentImage(signal, say);
    await work();
  } catch (error) {
    if (!signal.aborted) await explain(say);
    throw error;
  } finally {
    if (!wasUp) await step(say, 'Take the cluster down', takeDown);
    else if (signal.aborted) await mendUnlessUsed(say);
    await leave();
  }
}

function mustBeWanted({ version }: ClusterState, wanted: string | undefined): void {
  const prefix = (wanted ?? '').replace(/^v/u, '');
  if (prefix !== '' && version !== prefix && !version.startsWith(`${prefix}.`)) {
    throw new Error(`Kubernetes ${version} is up, and ${prefix} is wanted; run "npm run cluster:down" first`);
  }
}

/** Somebody else's test may be why something does not run. */
async function mendUnlessUsed(say: Say): Promise<void> {
  if (await isUsed()) return;
  await step(say, 'Put it in order', mend);
}

/** A failure can be looked into after all has been taken down. */
async function explain(say: Say): Promise<void> {
  if (!existsSync(LOGS)) return;
  say(`The cluster's last warnings and errors, by its logs:\n${await whatWasAlarming()}\n`);
  const kept = join(tmpdir(), 'podusher-cluster-logs');
  await rm(kept, { recursive: true, force: true });
  await cp(LOGS, kept, { recursive: true });
  say(`The logs are kept in ${kept}\n`);
}
