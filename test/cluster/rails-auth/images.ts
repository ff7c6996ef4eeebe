/** The images of `examples/rails-auth`, by its own Dockerfiles. */
import { join } from 'node:path';
import { buildTestImage, loadImage } from '../images.ts';
import { isOurs } from '../kubectl.ts';
import { loadLoadImage } from '../load/image.ts';
import { type Say, step } from '../say.ts';

const EXAMPLE = join(import.meta.dirname, '../../../examples/rails-auth');

const IMAGES = { 'rails-auth-rails:dev': 'cluster/rails', 'rails-auth-helpers:dev': '.' } as const;

/** Builds Rails, its helpers and the load, and brings them to the nodes; those of another cluster must have them. */
export async function loadRailsAuthImages(signal: AbortSignal, say: Say): Promise<void> {
  if (!isOurs) return;
  for (const [tag, folder] of Object.entries(IMAGES)) {
    await step(say, `Image ${tag}`, async () => {
      await buildTestImage(tag, join(EXAMPLE, folder), signal);
      await loadImage(tag, signal);
    });
  }
  await step(say, 'Image of the load', () => loadLoadImage(signal));
}
