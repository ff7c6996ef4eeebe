/** The timeline as text: fixed columns for when, who and which container, so that the eye can run down them. */
import { containerOf, lineOf } from './describe.ts';
import type { Entry } from './entry.ts';
import { inOrder } from './order.ts';
import { originOf } from './origin.ts';
import { type Tone, toneOf } from './tone.ts';
import { offset, oneLine } from './words.ts';

export interface TextOptions {
  /** ANSI colours: for a terminal that wants them (`NO_COLOR` is the caller's to read). */
  readonly colour: boolean;
  /** Times are relative to it, in ms since the epoch; by default the deletion, else the first entry. */
  readonly origin?: number;
  /** Columns; a longer line goes on under its own beginning. 100 by default. */
  readonly width?: number;
}

const ACTOR_WIDTH = 'podusher'.length;
const LONGEST_NAME = 24;
const NARROWEST_LINE = 24;

const ANSI = { bad: '31', good: '32', turn: '1', plain: undefined, dim: '2' } as const satisfies Record<
  Tone | 'dim',
  string | undefined
>;

/**
 * @returns the entries as lines in the order of their times, each ended by a line feed:
 * ` +5.12 s  podusher  rails  released: drain over; 0 in flight`. No entries: an empty string.
 */
export function renderText(entries: readonly Entry[], options: TextOptions): string {
  const origin = options.origin ?? originOf(entries);
  const rows = inOrder(entries).map(entry => ({
    time: offset(entry.at - origin),
    actor: entry.actor,
    container: oneLine(containerOf(entry) ?? '', LONGEST_NAME),
    line: lineOf(entry),
    tone: toneOf(entry),
  }));
  const timeWidth = Math.max(9, ...rows.map(row => row.time.length));
  const containerWidth = Math.max(0, ...rows.map(row => row.container.length));
  const indent = timeWidth + 2 + ACTOR_WIDTH + 2 + (containerWidth === 0 ? 0 : containerWidth + 2);
  const lineWidth = Math.max(NARROWEST_LINE, (options.width ?? 100) - indent);
  const paint = options.colour ? painted : (text: string): string => text;

  let text = '';
  for (const row of rows) {
    const container = containerWidth === 0 ? '' : `${row.container.padEnd(containerWidth)}  `;
    const head = `${paint(row.time.padStart(timeWidth), 'dim')}  ${row.actor.padEnd(ACTOR_WIDTH)}  ${container}`;
    const [first, ...rest] = wrapped(row.line, lineWidth);
    text += `${head}${paint(first ?? '', row.tone)}\n`;
    for (const more of rest) text += `${' '.repeat(indent)}${paint(more, row.tone)}\n`;
  }
  return text;
}

function painted(text: string, tone: Tone | 'dim'): string {
  const code = ANSI[tone];
  return code === undefined ? text : `\u001B[${code}m${text}\u001B[0m`;
}

/** Breaks at spaces; a word longer than a line is cut. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    while (line.length > width) {
      lines.push(line.slice(0, width));
      line = line.slice(width);
    }
  }
  return [...lines, line];
}
