/** What takes minutes to build, kept outside the checkout: one folder for each, by name and version. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

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

/** `kubernetes-1.36.3.unfinished-4711`, by the process that works on it. */
const UNFINISHED = /\.unfinished-(\d+)$/u;

/**
 * A folder of the cache, made when it is not there. Nobody ever sees half of one: it is made under another name,
 * and what a killed run left of its own is removed.
 *
 * @param make fills the empty folder that it is given
 * @returns the folder's path
 */
export async function cached(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return folder;
  await removeAbandoned();
  const unfinished = `${folder}.unfinished-${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  try {
    await make(unfinished);
    await rename(unfinished, folder).catch((error: unknown) => {
      // Another run was faster.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

async function removeAbandoned(): Promise<void> {
  const names = await readdir(CACHE).catch(() => []);
  for (const name of names) {
    const [, pid] = UNFINISHED.exec(name) ?? [];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    await rm(join(CACHE, name), { recursive: true, force: true });
  }
}
