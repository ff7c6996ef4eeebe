/** The table of rolling updates: what is tried, what came of it, and what must hold. Pure. */
import type { Clients } from '../../cluster/load/plan.ts';
import type { App } from '../../cluster/rollout/apps.ts';
import type { EndedPod, Rolled } from '../../cluster/rollout/roll.ts';
import { howOf, type Strategy } from '../../cluster/rollout/strategy.ts';
import { RATE } from '../../cluster/rollout/under-load.ts';

export interface Trial {
  readonly strategy: Strategy;
  readonly kubeProxy: 'usual' | 'slow';
  readonly clients: Clients;
  readonly app: App['app'];
  readonly rollouts: number;
}

/** A line of the table. */
export interface Row extends Trial {
  readonly sent: number;
  readonly failed: number;
  readonly cut: number;
  /** From a pod's deletion until the API no longer had it. */
  readonly goneMs: Spread;
  /** How long a pod stayed beyond its last reason to, at most (`rollout/account.ts`); null where one does not tell. */
  readonly lateMs: number | null;
  /** From a rollout's beginning until the last old pod was gone. */
  readonly rolloutMs: Spread;
  /** What does not hold, in words. */
  readonly problems: readonly string[];
}

export interface Spread {
  readonly median: number;
  readonly max: number;
}

/** Without podusher, or at most this often: those are there to compare. */
const COMPARED = 2;

const STRATEGIES = ['none', 'sleep-5', 'sleep-15', 'podusher', 'podusher-api'] as const;

/** @returns all that can be tried, those that need the same kube-proxy together. */
export function trials(rollouts: number): readonly Trial[] {
  return (['usual', 'slow'] as const).flatMap(kubeProxy =>
    (['new', 'kept'] as const).flatMap(clients =>
      (['dies', 'rails'] as const).flatMap(app =>
        STRATEGIES.map(strategy => {
          const count = howOf(strategy).podusher ? rollouts : Math.min(rollouts, COMPARED);
          return { strategy, kubeProxy, clients, app, rollouts: count };
        }),
      ),
    ),
  );
}

/** @returns a trial in words: `podusher, slow kube-proxy, new clients, rails`. */
export function nameOf({ strategy, kubeProxy, clients, app }: Trial): string {
  return `${strategy}, ${kubeProxy} kube-proxy, ${clients} clients, ${app}`;
}

/** A slow machine sends less than is planned; what is not sent cannot be lost. */
const SENT_LEAST = 0.5;

/** Beyond a pod's last reason to stay. */
const LATE_MS = 2_000;
/**
 * What clients that keep their connections may hold a pod for besides: `drain-silence-max`, for they come too seldom for a
 * shorter silence to tell that they come no more, and then `drain-kept-max`.
 */
const KEPT_MS = 12_000 + 5_000;

const LOST_TOLD = 20;
/** How long after a pod's end somebody may still be sent to it. */
const STALE_MS = 15_000;

/** An app that dies at SIGTERM, clients that keep their connections, a sleep of 15 s: measured, of one rollout. */
const LOST_BY_A_ROLLOUT = 14;

/** @returns the line of the table. */
export function rowOf(trial: Trial, { sent, failed, cut, rolloutMs, ended }: Rolled): Row {
  const late = ended.map(({ lateMs }) => lateMs ?? Number.NaN);
  const figures = {
    sent,
    failed: failed.length,
    cut: cut.length,
    goneMs: spreadOf(ended.map(({ goneMs }) => goneMs)),
    lateMs: late.length === 0 || late.some(Number.isNaN) ? null : Math.max(...late),
    rolloutMs: spreadOf(rolloutMs),
  };
  const apart = failed.filter(({ startedAt }) => !ended.some(pod => isEnding(pod, startedAt))).length;
  return { ...trial, ...figures, problems: problemsOf({ ...trial, ...figures }, apart) };
}

/** @returns whether a pod was about to end, or had just ended. */
function isEnding({ goneAt, goneMs }: EndedPod, at: number): boolean {
  return goneAt - goneMs <= at && at <= goneAt + STALE_MS;
}

/** @param apart of those that failed, how many did so while no pod was ending: nobody's end is the reason. */
function problemsOf(
  { strategy, clients, app, rollouts, ...row }: Omit<Row, 'problems'>,
  apart: number,
): readonly string[] {
  if (!howOf(strategy).podusher) return [];
  const { sent, failed, cut, lateMs, rolloutMs } = row;
  const sentLeast = Math.floor((SENT_LEAST * RATE * rollouts * rolloutMs.median) / 1000);
  const isDying = app === 'dies';
  const lostMost = isDying && clients === 'kept' ? LOST_BY_A_ROLLOUT * rollouts : 0;
  const lateMost = lateMostMs(clients);
  return [
    ...(sent >= sentLeast ? [] : [`${sent} sent, at least ${sentLeast}`]),
    ...(failed + cut <= lostMost ? [] : [`${lostInWords(failed, apart, cut)}, at most ${lostMost}`]),
    ...(isDying && !(lateMs !== null && lateMs <= lateMost)
      ? [lateMs === null ? 'a pod does not tell when it ended' : `${lateMs} ms late, at most ${lateMost}`]
      : []),
  ];
}

function lostInWords(failed: number, apart: number, cut: number): string {
  const what = [
    ...(failed === 0 ? [] : [`${failed} failed (${apart} while no pod was ending)`]),
    ...(cut === 0 ? [] : [`${cut} cut`]),
  ];
  return what.join(' and ');
}

function lateMostMs(clients: Clients): number {
  return LATE_MS + (clients === 'kept' ? KEPT_MS : 0);
}

/**
 * @returns what explains a row that has problems: when and why requests were lost, and the logs of the pods that were
 *   late or do not tell, or that were about to end, or had just ended, when the first was lost.
 */
export function evidenceOf({ clients, app }: Trial, { failed, cut, ended }: Rolled): string {
  // Some cut is what others do too; what failed is to be explained first.
  const lost = (failed.length > 0 ? failed : cut).toSorted((a, b) => a.endedAt - b.endedAt);
  const lines = lost.slice(0, LOST_TOLD).map(outcome => {
    const { startedAt, endedAt, ...what } = outcome;
    return `${new Date(startedAt).toISOString()}, ${Math.round(endedAt - startedAt)} ms: ${JSON.stringify(what)}`;
  });
  const lostAt = lost[0]?.endedAt ?? Number.NaN;
  const untold = app === 'dies' ? Number.POSITIVE_INFINITY : 0;
  const telling = ended.filter(pod => (pod.lateMs ?? untold) > lateMostMs(clients) || isEnding(pod, lostAt));
  return [...lines, ...telling.flatMap(({ log }) => log)].map(line => `  ${line}\n`).join('');
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    median: Math.round(sorted[Math.floor(sorted.length / 2)] ?? Number.NaN),
    max: Math.round(sorted.at(-1) ?? Number.NaN),
  };
}

const COLUMNS: Readonly<Record<string, (row: Row) => string | number>> = {
  strategy: row => row.strategy,
  'kube-proxy': row => row.kubeProxy,
  clients: row => row.clients,
  app: row => row.app,
  rollouts: row => row.rollouts,
  sent: row => row.sent,
  failed: row => row.failed,
  cut: row => row.cut,
  'gone after: median': row => seconds(row.goneMs.median),
  max: row => seconds(row.goneMs.max),
  late: row => (row.lateMs === null ? '' : seconds(row.lateMs)),
  'a rollout took': row => seconds(row.rolloutMs.median),
  problems: row => row.problems.join('; '),
};

/** @returns the table as Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const lines = [
    Object.keys(COLUMNS),
    Object.keys(COLUMNS).map(() => '---'),
    ...rows.map(row => Object.values(COLUMNS).map(cell => String(cell(row)))),
  ];
  return lines.map(cells => `| ${cells.join(' | ')} |\n`).join('');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
