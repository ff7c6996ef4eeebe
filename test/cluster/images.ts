/** The images that the tests' pods run, built from this checkout and brought to the nodes. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debianImage, nodeImage } from './build/base-images.ts';
import { buildImage, imageId, saveImage } from './build/buildah.ts';
import { NODES, STATE } from './machine/place.ts';
import { importImage } from './machine/up.ts';
import { type Say, step } from './say.ts';
import { all } from './wait.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The agent's image, as the checkout's Dockerfile makes it; another name for each checkout that shares a cluster. */
export const AGENT_IMAGE: string = process.env['PODUSHER_TEST_IMAGE'] || 'podusher:dev';

/** Builds the agent's image and brings it to the nodes. */
export async function loadAgentImage(signal: AbortSignal, say: Say): Promise<void> {
  await step(say, `Image ${AGENT_IMAGE}`, async () => {
    await nodeImage(signal);
    await buildImage(AGENT_IMAGE, ROOT, signal);
    await loadImage(AGENT_IMAGE, signal);
  });
}

/** Builds an image from a folder's Dockerfile, `FROM debian:bookworm-slim` or `node:24-bookworm-slim`. */
export async function buildTestImage(tag: string, folder: string, signal: AbortSignal): Promise<void> {
  await debianImage(signal);
  await nodeImage(signal);
  await buildImage(tag, folder, signal);
}

/** Brings an image that was built here to both nodes, unless they have this very one. Pods: `imagePullPolicy: Never`. */
export async function loadImage(tag: string, signal: AbortSignal): Promise<void> {
  const id = await imageId(tag, signal);
  if (id === null) throw new Error(`There is no image "${tag}"`);
  const record = join(STATE, 'images', encodeURIComponent(tag));
  if ((await readFile(record, 'utf8').catch(() => null)) === id) return;
  // Where the nodes see it too.
  await mkdir(join(STATE, 'images'), { recursive: true });
  const folder = await mkdtemp(join(STATE, 'images', 'archive-'));
  try {
    const archive = join(folder, 'image.tar');
    await saveImage(tag, archive, signal);
    await all(NODES.map(node => importImage(node, archive)));
    await writeFile(record, id);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
