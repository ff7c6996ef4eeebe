/** What takes minutes to build, kept outside the checkout: one folder for each, by name and version. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isAlive, processIdOf } from '../machine/process-id.ts';

/** Where everything is kept that another run can use. */
export const CACHE: string = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'podusher');

/** @returns the names of what is there whole, as `kubernetes-1.36.3`. */
export async function cachedNames(): Promise<readonly string[]> {
  const names = await readdir(CACHE).catch(() => []);
  return names.filter(name => !UNFINISHED.test(name));
}

export function isCached(name: string): boolean {
  return existsSync(join(CACHE, name));
}

/** `kubernetes-1.36.3.unfinished-4711-193427`: the process that works on it, by its number and start time. */
const UNFINISHED = /\.unfinished-(?<pid>\d+)(?:-(?<startTime>\d+))?$/u;

/**
 * A folder of the cache, made when it is not there. Nobody ever sees half of one: it is made under another name.
 *
 * @param make fills the empty folder that it is given
 * @returns the folder's path
 */
export async function cached(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return folder;
  const { pid, startTime } = processIdOf(process.pid) ?? { pid: process.pid, startTime: 0 };
  const unfinished = `${folder}.unfinished-${pid}-${startTime}`;
  await mkdir(unfinished, { recursive: true });
  try {
    await make(unfinished);
    await rename(unfinished, folder).catch((error: unknown) => {
      // Another run was faster.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    // What a killed command has started may still write there.
    await rm(unfinished, { recursive: true, force: true, maxRetries: 10 });
  }
  return folder;
}

/** Removes what killed runs have left half made. */
export async function removeAbandoned(): Promise<void> {
  const names = await readdir(CACHE).catch(() => []);
  for (const name of names) {
    const { pid, startTime } = UNFINISHED.exec(name)?.groups ?? {};
    if (pid === undefined || isAlive({ pid: Number(pid), startTime: Number(startTime) })) continue;
    await rm(join(CACHE, name), { recursive: true, force: true });
  }
}
