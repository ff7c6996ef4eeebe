/** The image that the rehearsed manifests name: Node and the example's programs. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildTestImage, loadImage } from '../images.ts';
import { isOurs } from '../kubectl.ts';

const EXAMPLE = join(import.meta.dirname, '../../../examples/rails-auth');

/** As `examples/rails-auth/with.yaml` says. */
const IMAGE = 'rails-auth:dev';

const FILES = ['rails.ts', 'auth.ts'];

const DOCKERFILE = `FROM docker.io/library/node:24-bookworm-slim
WORKDIR /app
COPY ${FILES.join(' ')} ./
USER 65534:65534
`;

/** Builds it and brings it to the nodes; those of another cluster must have it. */
export async function loadRehearsedImage(signal: AbortSignal): Promise<void> {
  if (!isOurs) return;
  const folder = await mkdtemp(join(tmpdir(), 'podusher-rehearsed-'));
  try {
    for (const file of FILES) await copyFile(join(EXAMPLE, file), join(folder, file));
    await writeFile(join(folder, 'Dockerfile'), DOCKERFILE);
    await buildTestImage(IMAGE, folder, signal);
    await loadImage(IMAGE, signal);
  } finally {
    await rm(folder, { recursive: true });
  }
}
