/** buildah with a store of its own, in the cache: the machine's own images are neither seen nor touched. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../run.ts';
import { CACHE } from './cache.ts';

const BUILD_MS = 10 * 60_000;

/** What it mounts is gone with it. */
const STORE = ['--root', join(CACHE, 'buildah', 'root'), '--runroot', join(CACHE, 'buildah', 'run')];
const BUILDAH = ['setpriv', '--pdeathsig', 'TERM', 'unshare', '--mount', 'buildah', ...STORE];

/** Builds an image from a folder's Dockerfile; images that are not here are not looked for elsewhere. */
export async function buildImage(tag: string, folder: string, signal: AbortSignal): Promise<void> {
  const options = ['--pull-never', '--layers', '--isolation', 'chroot', '--tag', tag];
  await run([...BUILDAH, 'build', ...options, folder], { timeoutMs: BUILD_MS, signal });
}

/** Builds an image from the lines of a Dockerfile, with a folder to copy from. */
export async function buildFrom(
  tag: string,
  folder: string,
  lines: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await writeFile(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`);
  await buildImage(tag, folder, signal);
}

/** @returns the image's id, null when there is none of this name */
export async function imageId(tag: string, signal: AbortSignal): Promise<string | null> {
  const list = [...BUILDAH, 'images', '--quiet', '--no-trunc', '--filter', `reference=${tag}`];
  return (await run(list, { timeoutMs: BUILD_MS, signal })).trim() || null;
}

export async function tagImage(tag: string, other: string, signal: AbortSignal): Promise<void> {
  await run([...BUILDAH, 'tag', tag, other], { timeoutMs: BUILD_MS, signal });
}

/** Writes an image into an archive that containerd can import. */
export async function saveImage(tag: string, archive: string, signal: AbortSignal): Promise<void> {
  await run([...BUILDAH, 'push', tag, `docker-archive:${archive}:${tag}`], { timeoutMs: BUILD_MS, signal });
}
