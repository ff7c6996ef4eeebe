/**
 * The cluster's cgroups: one for each node's pods, or each kubelet removes the other's, and one for the programs. On a busy
 * machine the pods would together get no more of the processors than one session of it does (sched_autogroup, sched(7)),
 * nice or not, and that is what a test would measure: so the cluster's parent gets ten times as much.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../wait.ts';
import { CGROUP, NODES, type NodeName } from './place.ts';

const REMOVE_MS = 30_000;

/** @returns as the kubelet's configuration calls it: the path within each hierarchy. */
export function cgroupOf(node: NodeName): string {
  return `/${CGROUP}/${node}`;
}

/** What the cluster's own programs are in. */
const PROGRAMS = 'programs';

/** Where it says how much of the processors a group gets: with version 1, and with 2. */
const SHARES = [
  { file: 'cpu.shares', usual: 1024 },
  { file: 'cpu.weight', usual: 100 },
] as const;

/** @returns where the hierarchies are mounted: many with version 1, one with version 2. */
function hierarchies(): readonly string[] {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  const found = mounts
    .map(line => line.split(' '))
    .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2');
  return [...new Set(found.map(([, folder = '']) => folder))];
}

/** @returns why no cgroup can be made here, null when one can */
export function whyNoCgroups(): string | null {
  const folders = hierarchies().map(hierarchy => join(hierarchy, `${CGROUP}-try-${process.pid}`));
  if (folders.length === 0) return 'it needs cgroups, and none are mounted';
  try {
    for (const folder of folders) {
      mkdirSync(folder);
      rmdirSync(folder);
    }
    return null;
  } catch (error) {
    return `it needs cgroups that it may make (${Object(error).message})`;
  }
}

/** Makes the cgroups in every hierarchy, with all that may be used. */
export async function makeCgroups(): Promise<void> {
  const parts = [...NODES.map(({ name }) => name), PROGRAMS].map(name => join(CGROUP, name));
  for (const hierarchy of hierarchies()) {
    for (const part of [CGROUP, ...parts]) {
      const folder = join(hierarchy, part);
      pass(join(folder, '..'));
      await mkdir(folder, { recursive: true });
      inherit(folder);
    }
    prefer(join(hierarchy, CGROUP), 10);
    // Of what the cluster gets, the pods leave them as much as they need to answer in time.
    prefer(join(hierarchy, CGROUP, PROGRAMS), 2);
  }
}

/** Version 2: children have only those controllers that their parent passes on. */
function pass(folder: string): void {
  const control = join(folder, 'cgroup.subtree_control');
  if (!existsSync(control)) return;
  const controllers = readFileSync(join(folder, 'cgroup.controllers'), 'utf8').trim();
  if (controllers !== '') writeFileSync(control, controllers.replaceAll(/\S+/gu, '+$&'));
}

/** Version 1: a new cpuset is empty, and no process may enter it before it is filled. */
function inherit(folder: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (existsSync(join(folder, 'cgroup.subtree_control')) || !existsSync(join(folder, file))) continue;
    writeFileSync(join(folder, file), readFileSync(join(folder, '..', file)));
  }
}

function prefer(folder: string, times: number): void {
  for (const { file, usual } of SHARES) {
    if (existsSync(join(folder, file))) writeFileSync(join(folder, file), String(times * usual));
  }
}

/** @returns the files that a program writes its number to, to be in the programs' cgroup */
export function programsFiles(): readonly string[] {
  return hierarchies()
    .map(hierarchy => join(hierarchy, CGROUP, PROGRAMS))
    .filter(folder => SHARES.some(({ file }) => existsSync(join(folder, file))))
    .map(folder => join(folder, 'cgroup.procs'));
}

/** Removes all of the cluster's cgroups; whoever was in them must have ended, and may take a moment to be gone. */
export async function removeCgroups(): Promise<void> {
  for (const hierarchy of hierarchies()) {
    const folder = join(hierarchy, CGROUP);
    await until(`${folder} is removed`, () => remove(folder), { timeoutMs: REMOVE_MS });
  }
}

function remove(folder: string): boolean {
  if (!existsSync(folder)) return true;
  const children = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory());
  for (const child of children) remove(join(folder, child.name));
  rmdirSync(folder);
  return true;
}
