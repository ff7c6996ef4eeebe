/** What is written down about the cluster, and who may have one: there is one on a machine. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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

const processId = v.object({ pid: v.number(), startTime: v.number() });

const schema: v.GenericSchema<unknown, ClusterState> = v.object({
  version: v.string(),
  programs: v.object({ kubernetes: v.string(), etcd: v.string() }),
  owner: v.nullable(processId),
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
  // Its folder is the last to go.
  if (state === null) return existsSync(STATE) ? 'left' : 'none';
  if (state.owner !== null) return isAlive(state.owner) ? 'busy' : 'left';
  return state.isUp && SPACES.every(name => initOf(name) !== null) ? 'up' : 'left';
}

/** What the cluster's folder is called until there is something in it. */
const CLAIM = `${STATE}.claim-`;

/** Removes what was left by a process that was killed in the middle of claiming. */
export async function removeClaims(): Promise<void> {
  const beside = await readdir(dirname(STATE));
  for (const path of beside.map(name => join(dirname(STATE), name))) {
    if (!path.startsWith(CLAIM) || existsSync(`/proc/${path.slice(CLAIM.length)}`)) continue;
    await rm(path, { recursive: true });
  }
}

/**
 * Makes the cluster's folder, in the name of this process.
 *
 * @throws when it is there already: nobody else can have it at the same time
 */
export async function claim(version: string, programs: Programs): Promise<ClusterState> {
  const state = { version, programs, owner: processIdOf(process.pid), isUp: false };
  const claimed = `${CLAIM}${process.pid}`;
  await mkdir(claimed, { mode: 0o755 });
  try {
    await writeFile(join(claimed, 'cluster.json'), JSON.stringify(state));
    await rename(claimed, STATE).catch((cause: unknown) => {
      throw new Error('Another run has begun a cluster; there can be one on a machine', { cause });
    });
  } finally {
    await rm(claimed, { recursive: true, force: true });
  }
  return state;
}

/** Who uses the cluster that is up: a file for each, named by the process. */
const USERS = join(STATE, 'users');

/** Writes down that this process uses the cluster; what it returns takes that back. */
export async function use(): Promise<() => Promise<void>> {
  const file = join(USERS, JSON.stringify(processIdOf(process.pid)));
  await mkdir(USERS, { recursive: true });
  await writeFile(file, '');
  return () => rm(file, { force: true });
}

/** @returns whether another process uses it, of those that live */
export async function isUsed(): Promise<boolean> {
  const users = (await readdir(USERS).catch(() => [])).map(name => v.parse(processId, JSON.parse(name)));
  return users.some(user => user.pid !== process.pid && isAlive(user));
}

export async function writeState(state: ClusterState): Promise<void> {
  await writeFile(`${FILE}.new`, JSON.stringify(state));
  await rename(`${FILE}.new`, FILE);
}
