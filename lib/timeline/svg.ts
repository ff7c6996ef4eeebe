/**
 * The picture of one run, or of several on the same scale of time (without and with podusher): self-contained, no
 * script, no font of its own, the same bytes for the same entries. Colours are presentation attributes, which a
 * strict content security policy allows; each has a class beside it, by which a page can darken them.
 */

import { legend, used } from './legend.ts';
import { type Markup, markup } from './markup.ts';
import { LEFT, RIGHT, WIDTH } from './paint.ts';
import { PALETTE } from './palette.ts';
import { drawRun } from './run.ts';
import { createScale } from './scale.ts';
import { type Run, storyOf } from './story.ts';

const MARGIN = 20;
const BETWEEN_RUNS = 30;

/** @returns the picture as a document of its own. */
export function renderSvg(runs: readonly Run[]): string {
  return drawPicture(runs).markup;
}

/** @returns the picture as an `svg` element of fixed width, for a page; its height follows from the lanes. */
export function drawPicture(runs: readonly Run[]): Markup {
  const stories = runs.map(run => storyOf(run));
  const scale = createScale(
    stories.map(story => ({ from: story.from - story.origin, until: story.until - story.origin })),
    LEFT,
    RIGHT,
  );
  const blocks: Markup[] = [];
  let y = MARGIN;
  for (const [i, story] of stories.entries()) {
    const run = runs[i];
    if (run === undefined) continue;
    const block = drawRun(run, story, scale, y);
    blocks.push(block.drawing);
    y = block.bottom + BETWEEN_RUNS;
  }
  const keys = legend(used(stories), y - 14);
  const height = keys.bottom + MARGIN;
  const title = runs.map(run => run.title).join('; ');
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif" font-size="12">
<title>${title}</title>
<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8" class="f-ground s-line" fill="${PALETTE.ground.light}" stroke="${PALETTE.line.light}"/>
${blocks}${keys.drawing}</svg>
`;
}
