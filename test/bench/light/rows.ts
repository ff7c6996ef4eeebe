import type { HeapGrowth } from './heap.ts';
import { median } from './median.ts';
import type { Round, ServerFigures } from './round.ts';

/** One line of the table: a figure of the agent, and of the bare server where there is one to compare. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly agent: number;
  readonly bare: number | undefined;
  /** Of the agent's figure to the bare server's; undefined where there is nothing to compare. */
  readonly ratio: number | undefined;
  readonly bound: Bound | undefined;
}

/** What must hold, for the ratio or for the agent's own figure. */
interface Bound {
  readonly of: 'ratio' | 'agent';
  readonly type: 'at most' | 'at least';
  readonly value: number;
}

/** Collections leave a little behind, now more and now less. */
const HEAP_NOISE_KIB = 64;

/** @returns the table's lines, of medians. */
export function rowsOf(rounds: readonly Round[], growth: HeapGrowth): Row[] {
  const ofAgent = (what: string, unit: string, figure: (round: Round) => number, bound?: Bound): Row => {
    return { what, unit, agent: median(rounds.map(figure)), bare: undefined, ratio: undefined, bound };
  };
  const ofEach = (
    what: string,
    unit: string,
    figures: (round: Round) => { readonly agent: number; readonly reference: number },
    bound?: Bound,
  ): Row => {
    const agent = median(rounds.map(round => figures(round).agent));
    const bare = median(rounds.map(round => figures(round).reference));
    return { what, unit, agent, bare, ratio: agent / bare, bound };
  };
  const ofBoth = (
    what: string,
    unit: string,
    figure: (server: ServerFigures) => number,
    bound?: Bound,
  ): Row =>
    ofEach(
      what,
      unit,
      ({ agent, reference }) => ({ agent: figure(agent), reference: figure(reference) }),
      bound,
    );
  return [
    ofBoth(
      'RSS, four containers probed each second',
      'MiB',
      ({ memory }) => memory.rss / 1024,
      atMost('ratio', 1.4),
    ),
    ofBoth('of it PSS', 'MiB', ({ memory }) => memory.pss / 1024),
    ofBoth('of it anonymous', 'MiB', ({ memory }) => memory.anonymous / 1024),
    ofBoth('spawn to first answer', 'ms', ({ startMs }) => startMs, atMost('ratio', 1.9)),
    ofBoth('/ready, wrk -t1 -c8', 'requests/s', server => server.requestsPerSecond ?? Number.NaN, {
      of: 'ratio',
      type: 'at least',
      value: 0.9,
    }),
    ofEach('CPU, four containers probed each second', 'ms/s', round => round.cpuProbing, atMost('agent', 5)),
    ofAgent('CPU in a drain with 100 connections', 'ms/s', round => round.cpuDraining, atMost('agent', 30)),
    ofAgent('RSS in that drain', 'MiB', round => round.drainingRss / 1024),
    ofAgent(
      "heap's growth in an hour, objects",
      'KiB',
      () => growth.objects,
      atMost('agent', HEAP_NOISE_KIB),
    ),
    ofAgent("heap's growth in an hour, compiled code", 'KiB', () => growth.code),
  ];
}

function atMost(of: Bound['of'], value: number): Bound {
  return { of, type: 'at most', value };
}

/** @returns whether the row keeps its bound; what was not measured does not. */
export function isWithin({ agent, ratio, bound }: Row): boolean {
  if (bound === undefined) return true;
  const figure = (bound.of === 'ratio' ? ratio : agent) ?? Number.NaN;
  return bound.type === 'at most' ? figure <= bound.value : figure >= bound.value;
}

/** @returns the table as Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(row => {
    const { what, unit, agent, bare, ratio, bound } = row;
    const mark = isWithin(row) ? '' : ' **exceeded**';
    const of = bound?.of === 'ratio' ? ' times' : '';
    const bounded = bound === undefined ? '' : `${bound.type} ${bound.value}${of}${mark}`;
    return `| ${what} | ${[short(agent), short(bare), ratio?.toFixed(2) ?? ''].join(' | ')} | ${unit} | ${bounded} |`;
  });
  return `| | agent | bare | ratio | unit | bound |\n|---|---|---|---|---|---|\n${lines.join('\n')}\n`;
}

function short(value: number | undefined): string {
  if (value === undefined) return '';
  return Number.isNaN(value) ? 'not measured' : value.toFixed(Math.abs(value) < 100 ? 1 : 0);
}
