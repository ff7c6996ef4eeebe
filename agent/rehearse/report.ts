/** What a rehearsal shows at its end: the timeline, the verdict, the picture. */
import { basename } from 'node:path';
import { drainFindingsOf, findingsOf } from '../../lib/timeline/findings.ts';
import { renderSvg } from '../../lib/timeline/svg.ts';
import { renderText } from '../../lib/timeline/terminal.ts';
import { count, spell, thousands } from '../../lib/timeline/words.ts';
import type { Cast } from './cast.ts';
import type { Result } from './rehearsal.ts';

/** One run with what it is called and who played. */
export interface NamedRun {
  readonly file: string;
  readonly cast: Cast;
  readonly result: Result;
}

export interface TextOptions {
  readonly colour: boolean;
  readonly width: number;
}

/** @returns the timelines one below the other, and the verdict: of two runs side by side. */
export function renderReport(runs: readonly NamedRun[], options: TextOptions): string {
  const timelines = runs.map(({ file, result }) => `${file}\n${renderText(result.timeline, options)}\n`);
  const before = renderFindings('Before the deletion', runs, findingsOf);
  const after = renderFindings('During the drain', runs, drainFindingsOf);
  return `${timelines.join('')}${renderVerdict(runs)}${before}${after}`;
}

/** @returns the picture of one run, or of several on one scale of time. */
export function renderPicture(runs: readonly NamedRun[]): string {
  return renderSvg(
    runs.map(({ file, cast, result }) => ({
      title: basename(file),
      entries: result.timeline,
      containers: cast.pod.containers.map(({ name }) => name),
      verdict: result,
    })),
  );
}

function renderVerdict(runs: readonly NamedRun[]): string {
  const rows = [
    ['', ...runs.map(({ file }) => basename(file))],
    ['requests sent', ...runs.map(({ result }) => thousands(result.sent))],
    ['failed', ...runs.map(({ result }) => thousands(result.failed))],
    ['cut in flight', ...runs.map(({ result }) => thousands(result.cut))],
    ['longest outage', ...runs.map(({ result }) => outageOf(result))],
    ['deletion to end', ...runs.map(({ result }) => spell(result.terminationMs))],
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map(row =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    ),
  );
  return lines.map(line => `${line.join('   ').trimEnd()}\n`).join('');
}

/** Where requests were only cut, the one cell says how many, and the other that there was no outage besides. */
function outageOf({ failed, longestOutageMs }: Result): string {
  return failed === 0 ? 'none' : spell(longestOutageMs);
}

/** What is easily overlooked among the lines, in words; nothing where all were ready. */
function renderFindings(when: string, runs: readonly NamedRun[], find: typeof findingsOf): string {
  const lines = runs.flatMap(({ file, result }) =>
    find(result.timeline).map(finding => `${basename(file)}: ${finding}\n`),
  );
  return lines.length === 0 ? '' : `\n${when}:\n${lines.join('')}`;
}

/** @returns one line: where the requests go. */
export function describeTarget({ target }: Cast, rate: number): string {
  return `${count(rate, 'request')} a second to container ${target.container}, port ${target.port}, path ${target.path}`;
}
