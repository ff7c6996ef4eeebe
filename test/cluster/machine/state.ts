/** What is written down about the cluster, and who may have one: there is one on a machine. */
import { readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { SPACES, STATE } from './place.ts';
import { isAlive, type ProcessId, processIdOf } from './process-id.ts';
import type { Programs } from './programs.ts';
import { initOf } from './space.ts';

export interface ClusterState {
  /** As `1.36.3`. */
  readonly version: string;
  readonly programs: Programs;
  /** Who brings it up, or takes it down in the end; null when it is to stay. */
  readonly owner: ProcessId | null;
  readonly isUp: boolean;
}

const schema: v.GenericSchema<unknown, ClusterState> = v.object({
  version: v.string(),
  programs: v.object({ kubernetes: v.string(), etcd: v.string() }),
  owner: v.nullable(v.object({ pid: v.number(), startTime: v.number() })),
  isUp: v.boolean(),
});

const FILE = join(STATE, 'cluster.json');

/** @returns null when there is no cluster, nor anything left of one */
export function readState(): ClusterState | null {
  try {
    return v.parse(schema, JSON.parse(readFileSync(FILE, 'utf8')));
  } catch (error) {
    if (Object(error).code === 'ENOENT') return null;
    throw new Error(`${FILE} cannot be read; run "npm run cluster:down"`, { cause: error });
  }
}

/**
 * - `none`: there is nothing.
 * - `up`: it can be used.
 * - `busy`: somebody is bringing it up, or is using it for one run.
 * - `left`: what a run that was killed, or the machine's restart, has left behind.
 */
export type Condition = 'none' | 'up' | 'busy' | 'left';

export function conditionOf(state: ClusterState | null): Condition {
  if (state === null) return 'none';
  if (state.owner !== null) return isAlive(state.owner) ? 'busy' : 'left';
  return state.isUp && SPACES.every(name => initOf(name) !== null) ? 'up' : 'left';
}

/**
 * Makes the cluster's folder, in the name of this process.
 *
 * @throws when it is there already: nobody else can have it at the same time
 */
export async function claim(version: string, programs: Programs): Promise<ClusterState> {
  const state = { version, programs, owner: processIdOf(process.pid), isUp: false };
  const claimed = `${STATE}.claim-${process.pid}`;
  await mkdir(claimed, { mode: 0o755 });
  try {
    await writeFile(join(claimed, 'cluster.json'), JSON.stringify(state));
    await rename(claimed, STATE);
  } finally {
    await rm(claimed, { recursive: true, force: true });
  }
  return state;
}

export async function writeState(state: ClusterState): Promise<void> {
  await writeFile(`${FILE}.new`, JSON.stringify(state));
  await rename(`${FILE}.new`, FILE);
}
