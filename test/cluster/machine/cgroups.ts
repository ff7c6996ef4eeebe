/** The cgroups that the nodes' pods are in: one parent for each node, or each kubelet removes the other's pods. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../wait.ts';
import { CGROUP, type NodeName } from './place.ts';

const REMOVE_MS = 30_000;

/** @returns as the kubelet's configuration calls it: the path within each hierarchy. */
export function cgroupOf(node: NodeName): string {
  return `/${CGROUP}/${node}`;
}

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

/** Makes a node's cgroup in every hierarchy, with all that its pods may use. */
export async function makeCgroup(node: NodeName): Promise<void> {
  for (const hierarchy of hierarchies()) {
    for (const part of [CGROUP, join(CGROUP, node)]) {
      const folder = join(hierarchy, part);
      pass(join(folder, '..'));
      await mkdir(folder, { recursive: true });
      inherit(folder);
    }
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
