/** One run's block of the picture: title, verdict, marks, lanes, axis. */
import { placeOnLines } from './labels.ts';
import { drawLane, drawLosses, drawTraffic, LANE_HEIGHT, TRAFFIC_HEIGHT } from './lane.ts';
import { type Markup, markup } from './markup.ts';
import { EDGE, fill, LEFT, line, RIGHT, text, textOnLines } from './paint.ts';
import { type Scale, ticksOf } from './scale.ts';
import type { Run, RunVerdict, Story } from './story.ts';
import { count, oneLine, spell, thousands } from './words.ts';

const MARK_SIZE = 11;
const MARK_ROW = 15;

/** What was drawn, and the y below it. */
export interface Block {
  readonly drawing: Markup;
  readonly bottom: number;
}

/** @returns the run's block, whose top is at y. */
export function drawRun(run: Run, story: Story, scale: Scale, y: number): Block {
  const x = (at: number): number => scale.x(at - story.origin);
  const title = text(20, y + 12, oneLine(run.title, 100), { size: 15, bold: true });
  const verdict = run.verdict === undefined ? undefined : drawVerdict(run.verdict, y + 32);
  const marks = placeOnLines(story.marks, mark => x(mark.at), MARK_SIZE, EDGE);
  const marksTop = y + (verdict === undefined ? 30 : 52);
  const lanesTop = marksTop + MARK_ROW * (1 + Math.max(0, ...marks.map(mark => mark.row)));

  const trafficHeight = story.traffic === undefined ? 0 : TRAFFIC_HEIGHT;
  const bottom = lanesTop + trafficHeight + story.lanes.length * LANE_HEIGHT + 4;
  const lanes = story.lanes.map((lane, i) =>
    drawLane(lane, lanesTop + trafficHeight + i * LANE_HEIGHT, x, story.origin),
  );
  const traffic =
    story.traffic === undefined ? undefined : drawTraffic(story.traffic, lanesTop, x, story.origin);

  const losses = story.traffic === undefined ? undefined : drawLosses(story.traffic, lanesTop, x);

  const rowY = (row: number): number => marksTop + row * MARK_ROW + 8;
  const markLines = marks.map(mark => line([mark.x, rowY(mark.row) - 8], [mark.x, bottom], 'ink', '2 3'));
  const markLabels = marks.map(mark =>
    textOnLines(mark.x + (mark.anchor === 'start' ? 5 : -5), rowY(mark.row), mark.item.label, {
      size: MARK_SIZE,
      anchor: mark.anchor,
    }),
  );
  return {
    drawing: markup`<g>
${title}${verdict}${drawAxis(scale, lanesTop, bottom, story.originName)}${traffic}${lanes}${markLines}${markLabels}${losses}</g>
`,
    bottom: bottom + 20,
  };
}

function drawAxis(scale: Scale, top: number, bottom: number, originName: string): Markup {
  const ticks = ticksOf(scale).map(({ at, label }) => {
    const x = scale.x(at);
    return markup`${line([x, top], [x, bottom], 'line')}${text(x, bottom + 14, label, { size: 11, colour: 'muted', anchor: 'middle' })}`;
  });
  const name = text(20, bottom + 14, `since ${originName}`, { size: 11, colour: 'muted' });
  return markup`${ticks}${line([LEFT, bottom], [RIGHT, bottom], 'line')}${name}`;
}

function drawVerdict(verdict: RunVerdict, y: number): Markup {
  const lossless = verdict.failed + verdict.cut === 0;
  const lost = `${thousands(verdict.failed)} failed, ${thousands(verdict.cut)} cut`;
  const rest = [
    ` of ${count(verdict.sent, 'request')}`,
    verdict.longestOutageMs <= 0 ? '' : `; longest outage ${spell(verdict.longestOutageMs)}`,
    verdict.terminationMs === null ? '' : `; gone ${spell(verdict.terminationMs)} after the deletion`,
  ].join('');
  return markup`<text x="20" y="${y}" font-size="13"><tspan font-weight="600" ${fill(lossless ? 'good' : 'bad')}>${lost}</tspan><tspan ${fill('muted')}>${rest}</tspan></text>
`;
}
