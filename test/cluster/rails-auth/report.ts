/** What the story's runs come to, as a table and as runs to draw: pure. */
import type { Run } from '../../../lib/timeline/story.ts';
import { spell, thousands } from '../../../lib/timeline/words.ts';
import type { Losses } from './losses.ts';
import { isOf, type Told } from './told.ts';

/** One run. */
export interface Shown {
  /** Which, in words. */
  readonly what: string;
  readonly told: Told;
}

const COLUMNS: readonly (readonly [string, (losses: Losses) => number])[] = [
  ['sent', losses => losses.sent],
  ['HTTP 500', losses => losses.http500],
  ['500 after the grace period', losses => losses.http500AfterGrace],
  ['cut', losses => losses.cut],
  ['refused', losses => losses.refused],
  ['else', losses => losses.other.length],
];

const CLIENTS = ['kept', 'new'] as const;

/** @returns a table in Markdown: for each run and kind of connections, what was lost. */
export function tableOf(runs: readonly Shown[]): string {
  const head = ['', 'connections', ...COLUMNS.map(([title]) => title), 'gone after'];
  const rows = runs.flatMap(({ what, told }) =>
    CLIENTS.map(clients => [
      what,
      clients,
      ...COLUMNS.map(([, count]) => thousands(count(told.losses[clients]))),
      spell(told.terminationMs),
    ]),
  );
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map(cells => `| ${cells.join(' | ')} |\n`).join('');
}

/** @returns the run as clients saw it that keep their connections, to be drawn. */
export function runOf({ what, told }: Shown): Run {
  const { losses, timeline, longestOutageMs, terminationMs } = told;
  const { sent, http500, http500AfterGrace, cut, refused, other } = losses.kept;
  const failed = http500 + http500AfterGrace + refused + other.length;
  return {
    title: what,
    entries: timeline,
    containers: ['podusher', 'rails', 'auth'].filter(name => timeline.some(entry => isOf(entry, name))),
    verdict: { sent, failed, cut, longestOutageMs, terminationMs },
  };
}
