/** The load's image: Node and one file. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildTestImage, loadImage } from '../images.ts';
import { isOurs } from '../kubectl.ts';

export const LOAD_IMAGE = 'podusher-load:dev';

const DOCKERFILE = `FROM docker.io/library/node:24-bookworm-slim
COPY load.cjs /load.cjs
USER 65534:65534
CMD ["node", "/load.cjs"]
`;

/** Builds it and brings it to the nodes; those of another cluster must have it. */
export async function loadLoadImage(signal: AbortSignal): Promise<void> {
  if (!isOurs) return;
  const folder = await mkdtemp(join(tmpdir(), 'podusher-load-'));
  try {
    await build({
      entryPoints: [join(import.meta.dirname, 'server.ts')],
      outfile: join(folder, 'load.cjs'),
      bundle: true,
      platform: 'node',
      format: 'cjs',
    });
    await writeFile(join(folder, 'Dockerfile'), DOCKERFILE);
    await buildTestImage(LOAD_IMAGE, folder, signal);
    await loadImage(LOAD_IMAGE, signal);
  } finally {
    await rm(folder, { recursive: true });
  }
}
