import { median } from '../light/median.ts';
import type { Costs, Figures } from './cost.ts';
import type { Sidecar } from './manifest.ts';

/** One line of the table: medians of the pods. */
export interface Row {
  readonly sidecar: Sidecar;
  readonly doing: 'serving' | 'draining';
  /** MiB. */
  readonly workingSet: number;
  readonly rss: number;
  /** Shared pages divided by those that share them: what one pod more adds to a node. */
  readonly pss: number;
  readonly anonymous: number;
  /** Ms of CPU each second. */
  readonly cpu: number;
  /** Of the busiest pod. */
  readonly cpuMost: number;
}

export function rowsOf(sidecar: Sidecar, { serving, draining }: Costs): readonly Row[] {
  const rows = [rowOf(sidecar, 'serving', serving)];
  return draining === undefined ? rows : [...rows, rowOf(sidecar, 'draining', draining)];
}

function rowOf(sidecar: Sidecar, doing: Row['doing'], pods: readonly Figures[]): Row {
  const mib = (figure: (pod: Figures) => number): number => median(pods.map(figure)) / 1024;
  return {
    sidecar,
    doing,
    workingSet: mib(({ workingSet }) => workingSet),
    rss: mib(({ memory }) => memory.rss),
    pss: mib(({ memory }) => memory.pss),
    anonymous: mib(({ memory }) => memory.anonymous),
    cpu: median(pods.map(({ cpu }) => cpu)),
    cpuMost: Math.max(...pods.map(({ cpu }) => cpu)),
  };
}

const HEAD = `| | | working set, MiB | RSS, MiB | PSS, MiB | anonymous, MiB | CPU, ms/s | of the busiest |
|---|---|---|---|---|---|---|---|
`;

/** @returns the table as Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ sidecar, doing, workingSet, rss, pss, anonymous, cpu, cpuMost }) => {
    const figures = [workingSet, rss, pss, anonymous, cpu, cpuMost].map(figure => figure.toFixed(1));
    return `| ${sidecar} | ${doing} | ${figures.join(' | ')} |\n`;
  });
  return HEAD + lines.join('');
}
