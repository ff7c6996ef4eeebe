/** buildah with a store of its own, in the cache: the machine's own images are neither seen nor touched. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../run.ts';
import { CACHE } from './cache.ts';

const BUILD_MS = 10 * 60_000;

const FOLDER = join(CACHE, 'buildah');
const STORE = ['--root', join(FOLDER, 'root'), '--runroot', join(FOLDER, 'run')];

/** What it mounts is gone with it. */
const BUILDAH = ['setpriv', '--pdeathsig', 'TERM', 'unshare', '--mount', 'buildah', ...STORE];

/** Any number may build at a time; who removes what no name leads to must be alone, and otherwise leaves it. */
const BUILDING = ['flock', '--shared', '--no-fork', join(FOLDER, 'lock')];
const ALONE = [
  'flock',
  '--exclusive',
  '--nonblock',
  '--conflict-exit-code=0',
  '--no-fork',
  join(FOLDER, 'lock'),
];

/**
 * Builds an image from a folder's Dockerfile; images that are not here are not looked for elsewhere. The stages that it
 * names have names afterwards, as `podusher:dev-build`: so their layers serve the next build. What has none by now goes.
 */
export async function buildImage(tag: string, folder: string, signal: AbortSignal): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const options = ['--pull-never', '--layers', '--isolation', 'chroot'];
  const build = (...more: readonly string[]): Promise<string> =>
    run([...BUILDING, ...BUILDAH, 'build', ...options, ...more, folder], { timeoutMs: BUILD_MS, signal });
  for (const stage of stagesOf(await readFile(join(folder, 'Dockerfile'), 'utf8'))) {
    await build('--target', stage, '--tag', `${tag}-${stage}`);
  }
  await build('--tag', tag);
  await removeNameless(signal);
}

/** @returns the names that a Dockerfile gives to its stages */
export function stagesOf(dockerfile: string): readonly string[] {
  return dockerfile.match(/(?<=^FROM .* AS )\S+/gimu) ?? [];
}

/** Each build that differs from the last leaves a gigabyte of layers behind, and a killed one what it was building. */
async function removeNameless(signal: AbortSignal): Promise<void> {
  for (const what of [
    ['rm', '--all'],
    ['rmi', '--prune'],
  ]) {
    await run([...ALONE, ...BUILDAH, ...what], { timeoutMs: BUILD_MS, signal });
  }
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

/** @returns how large the image is, as `116 MB`, uncompressed. */
export async function imageSize(tag: string, signal: AbortSignal): Promise<string> {
  const list = [...BUILDAH, 'images', '--format', '{{.Size}}', '--filter', `reference=${tag}`];
  return (await run(list, { timeoutMs: BUILD_MS, signal })).trim();
}

/** @returns how many images there are, those without a name among them */
export async function countImages(signal: AbortSignal): Promise<number> {
  const ids = await run([...BUILDAH, 'images', '--all', '--quiet'], { timeoutMs: BUILD_MS, signal });
  return ids.split('\n').filter(id => id !== '').length;
}

export async function tagImage(tag: string, other: string, signal: AbortSignal): Promise<void> {
  await run([...BUILDAH, 'tag', tag, other], { timeoutMs: BUILD_MS, signal });
}

/** Writes an image into an archive that containerd can import. */
export async function saveImage(tag: string, archive: string, signal: AbortSignal): Promise<void> {
  await run([...BUILDAH, 'push', tag, `docker-archive:${archive}:${tag}`], { timeoutMs: BUILD_MS, signal });
}
