/** A container as its node's kernel counts it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CGROUP } from '../../cluster/machine/place.ts';

export interface Container {
  /** Of its first process, on this machine. */
  readonly pid: number;
  /** Its cgroup. */
  readonly folder: string;
}

/** Version 1 counts memory in a hierarchy of its own. */
const HIERARCHIES = ['/sys/fs/cgroup/memory', '/sys/fs/cgroup'];

/** @returns a container of the cluster's; throws where none runs. */
export function findContainer(id: string): Container {
  const root = HIERARCHIES.map(one => join(one, CGROUP)).find(existsSync);
  const folder = root === undefined ? undefined : find(root, id);
  if (folder === undefined) throw new Error(`No container "${id}" runs here`);
  const [pid = ''] = readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n');
  return { pid: Number(pid), folder };
}

function find(folder: string, name: string): string | undefined {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    const found = entry.name === name ? path : find(path, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @returns KiB: all but those pages of files that could go at once, as the kubelet counts it for its evictions. */
export function workingSetOf(folder: string): number {
  const isSecond = existsSync(join(folder, 'memory.current'));
  const used = Number(
    readFileSync(join(folder, isSecond ? 'memory.current' : 'memory.usage_in_bytes'), 'utf8'),
  );
  const stat = readFileSync(join(folder, 'memory.stat'), 'utf8');
  const pattern = isSecond ? /^inactive_file (?<bytes>\d+)$/mu : /^total_inactive_file (?<bytes>\d+)$/mu;
  return (used - Number(pattern.exec(stat)?.groups?.['bytes'])) / 1024;
}
