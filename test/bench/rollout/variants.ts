import type { Rolled, RolloutPlan } from '../../cluster/rollout/roll.ts';

/** One line of the table: how it is done. */
export interface Variant {
  readonly id: string;
  readonly what: string;
  readonly proxy: 'usual' | 'slow';
  readonly plan: RolloutPlan;
  /** What may be lost; undefined where it is there to compare. */
  readonly most: 'nothing' | 'no more than with a sleep of 15 s' | undefined;
}

/** And what came of it. */
export interface Row {
  readonly what: string;
  readonly rollouts: number;
  readonly sent: number;
  readonly failed: number;
  readonly cut: number;
  /** Seconds, from the beginning of a rollout until the last old pod was gone: the median. */
  readonly tookSeconds: number;
  /** How many may be lost, of 1,000 that are sent. */
  readonly mostLost: number | undefined;
}

/** Measured, of an app that dies at SIGTERM and clients that keep their connections: 14 of 4,200. */
const LOST_WITH_A_SLEEP_OF_15 = 14 / 4.2;

/** @param rollouts how many of each that has podusher; of the others one tells enough. */
export function variants(rollouts: number): readonly Variant[] {
  const bare = { app: 'dies', podusher: false, clients: ['new'], rollouts: 1 } as const;
  const ushered = { ...bare, podusher: true, rollouts };
  return [
    { id: 'bare', what: 'without', proxy: 'usual', plan: bare, most: undefined },
    { id: 'dies', what: 'with podusher', proxy: 'usual', plan: ushered, most: 'nothing' },
    {
      id: 'rails',
      what: 'with podusher, Rails, new connections and kept ones',
      proxy: 'usual',
      plan: { ...ushered, app: 'rails', clients: ['new', 'kept'] },
      most: 'nothing',
    },
    {
      id: 'kept-sleep',
      what: 'preStop sleep 15, kept connections',
      proxy: 'usual',
      plan: { ...bare, clients: ['kept'], sleepSeconds: 15, rollouts },
      most: undefined,
    },
    {
      id: 'kept',
      what: 'with podusher, kept connections',
      proxy: 'usual',
      plan: { ...ushered, clients: ['kept'] },
      most: 'no more than with a sleep of 15 s',
    },
    { id: 'slow-bare', what: 'slow kube-proxy, without', proxy: 'slow', plan: bare, most: undefined },
    {
      id: 'slow-sleep',
      what: 'slow kube-proxy, preStop sleep 5',
      proxy: 'slow',
      plan: { ...bare, sleepSeconds: 5 },
      most: undefined,
    },
    {
      id: 'slow-dies',
      what: 'slow kube-proxy, with podusher',
      proxy: 'slow',
      plan: ushered,
      most: 'nothing',
    },
    {
      id: 'slow-rails',
      what: 'slow kube-proxy, with podusher, Rails',
      proxy: 'slow',
      plan: { ...ushered, app: 'rails' },
      most: 'nothing',
    },
  ];
}

/** @returns the line of the table. */
export function rowOf({ what, plan, most }: Variant, { sent, failed, cut, rolloutMs }: Rolled): Row {
  const sorted = rolloutMs.toSorted((a, b) => a - b);
  const mostLost = { nothing: 0, 'no more than with a sleep of 15 s': LOST_WITH_A_SLEEP_OF_15 };
  return {
    what,
    rollouts: plan.rollouts,
    sent,
    failed: failed.length,
    cut: cut.length,
    tookSeconds: (sorted[Math.floor(sorted.length / 2)] ?? Number.NaN) / 1000,
    mostLost: most && mostLost[most],
  };
}

/** @returns whether no more was lost than may be. */
export function isWithin({ sent, failed, cut, mostLost }: Row): boolean {
  return mostLost === undefined || (sent > 0 && (1000 * (failed + cut)) / sent <= mostLost);
}

/** @returns the table as Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(row => {
    const { what, rollouts, sent, failed, cut, tookSeconds } = row;
    const mark = isWithin(row) ? '' : ' **too many**';
    return `| ${what} | ${rollouts} | ${sent} | ${failed} | ${cut}${mark} | ${tookSeconds.toFixed(1)} s |`;
  });
  return `| | rollouts | sent | failed | cut | a rollout took |\n|---|---|---|---|---|---|\n${lines.join('\n')}\n`;
}
