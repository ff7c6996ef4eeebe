/** What the picture's colours and shapes mean: only those that it uses. */
import { textWidth } from './labels.ts';
import { SPAN_NAMES } from './lane.ts';
import { type Markup, markup } from './markup.ts';
import { bar, cross, EDGE, text } from './paint.ts';
import type { Block } from './run.ts';
import type { SpanKind } from './spans.ts';
import type { Story } from './story.ts';

const SIZE = 11;
const ROW = 20;

type Key = SpanKind | 'all' | 'kept' | 'outage' | 'killed';

const MEANINGS: Readonly<Record<Key, string>> = {
  ...SPAN_NAMES,
  hook: 'preStop hook held',
  stopping: 'SIGTERM to exit',
  all: 'new and kept connections',
  kept: 'kept connections only',
  outage: 'requests lost',
  killed: 'SIGKILL',
};

const ORDER = [
  'starting',
  'serving',
  'not-ready',
  'hook',
  'stopping',
  'down',
  'killed',
  'all',
  'kept',
  'outage',
] as const satisfies readonly Key[];

/** @returns what the stories' lanes have in them. */
export function used(stories: readonly Story[]): ReadonlySet<Key> {
  const keys = new Set<Key>();
  for (const { lanes, traffic } of stories) {
    for (const lane of lanes) {
      for (const span of lane.spans) keys.add(span.kind);
      if (lane.kills.length > 0) keys.add('killed');
    }
    for (const span of traffic?.spans ?? []) keys.add(span.kind);
    if (traffic !== undefined && traffic.outages.length > 0) keys.add('outage');
  }
  return keys;
}

/** @returns the legend, whose top is at y, in as many rows as it needs. */
export function legend(keys: ReadonlySet<Key>, y: number): Block {
  const drawings: Markup[] = [];
  let [x, middle] = [20, y + ROW / 2];
  for (const key of ORDER.filter(candidate => keys.has(candidate))) {
    const width = 20 + textWidth(MEANINGS[key], SIZE) + 12;
    if (x + width > EDGE && x > 20) [x, middle] = [20, middle + ROW];
    drawings.push(
      swatch(key, x, middle),
      text(x + 20, middle + 4, MEANINGS[key], { size: SIZE, colour: 'muted' }),
    );
    x += width;
  }
  return {
    drawing: markup`<g>
${drawings}</g>
`,
    bottom: middle + ROW / 2,
  };
}

function swatch(key: Key, x: number, middle: number): Markup {
  const box = (height: number): { x: number; y: number; width: number; height: number } => ({
    x,
    y: middle - height / 2,
    width: 14,
    height,
  });
  switch (key) {
    case 'killed':
      return cross(x + 7, middle, 5);
    case 'all':
      return bar(box(12), 'traffic', MEANINGS.all);
    case 'kept':
      return bar(box(6), 'traffic', MEANINGS.kept);
    case 'outage':
      return bar(box(12), 'bad', MEANINGS.outage);
    case 'starting':
    case 'serving':
    case 'not-ready':
    case 'hook':
    case 'stopping':
    case 'down':
      return bar(box(12), key, MEANINGS[key]);
  }
}
