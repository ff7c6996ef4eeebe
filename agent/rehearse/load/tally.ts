/** From the requests to what their clients had of the pod: pure. */
import type { LoadEntry } from '../../../lib/timeline/entry.ts';
import type { Outcome } from './outcome.ts';

/** Every request is in exactly one of ok, `failed` and `cut`. */
export interface Tally {
  readonly sent: number;
  /** Answered with an error, refused, not answered, or closed upon while the container lived. */
  readonly failed: number;
  /** Was in flight when the container ended. */
  readonly cut: number;
  /**
   * The longest stretch of requests one after the other none of which succeeded, and some of which failed: from the
   * first to the next that succeeded, or else to the end of the last. A request stands where it began, one that was
   * cut where it ended. What was only cut is no outage: its clients could go elsewhere at once.
   */
  readonly longestOutageMs: number;
  readonly outages: readonly Extract<LoadEntry, { type: 'outage' }>[];
}

/** A container's end and its client's news of it may be this far apart. */
const SAME_MOMENT_MS = 500;

/**
 * @param outcomes All requests.
 * @param endings When the container that served them was killed or exited, in ms since the epoch.
 */
export function tally(outcomes: readonly Outcome[], endings: readonly number[]): Tally {
  const verdicts = outcomes.map(outcome => judge(outcome, endings)).toSorted((a, b) => a.at - b.at);
  const outages: Outage[] = [];
  let open: Outage | undefined;
  for (const { outcome, verdict, at } of verdicts) {
    if (verdict === 'ok') {
      if (open !== undefined) open.untilAt = at;
      open = undefined;
      continue;
    }
    if (open === undefined) {
      open = { at, untilAt: at, failed: 0, cut: 0, reasons: new Map() };
      outages.push(open);
    }
    open.untilAt = Math.max(open.untilAt, outcome.endedAt);
    open[verdict]++;
    const reason = reasonOf(outcome);
    open.reasons.set(reason, (open.reasons.get(reason) ?? 0) + 1);
  }
  const count = (wanted: Verdict): number => verdicts.filter(({ verdict }) => verdict === wanted).length;
  return {
    sent: outcomes.length,
    failed: count('failed'),
    cut: count('cut'),
    longestOutageMs: Math.max(
      0,
      ...outages.map(({ at, untilAt, failed }) => (failed > 0 ? untilAt - at : 0)),
    ),
    outages: outages.map(({ reasons, ...outage }) => ({
      ...outage,
      type: 'outage',
      reason: mostOf(reasons),
    })),
  };
}

type Verdict = 'ok' | 'failed' | 'cut';

interface Outage {
  readonly at: number;
  untilAt: number;
  failed: number;
  cut: number;
  readonly reasons: Map<string, number>;
}

interface Judged {
  readonly outcome: Outcome;
  readonly verdict: Verdict;
  /** Where it stands among the others. */
  readonly at: number;
}

function judge(outcome: Outcome, endings: readonly number[]): Judged {
  const { type, startedAt, endedAt } = outcome;
  if (type === 'ok') return { outcome, verdict: 'ok', at: startedAt };
  if (isCut(outcome, endings)) return { outcome, verdict: 'cut', at: endedAt };
  return { outcome, verdict: 'failed', at: startedAt };
}

/** @returns whether it was in flight when a container ended. */
export function isCut({ type, startedAt, endedAt }: Outcome, endings: readonly number[]): boolean {
  if (type !== 'broken') return false;
  return endings.some(at => startedAt <= at && Math.abs(endedAt - at) <= SAME_MOMENT_MS);
}

function reasonOf(outcome: Outcome): string {
  if (outcome.type === 'ok') return '';
  return outcome.type === 'status' ? `HTTP ${outcome.status}` : outcome.reason;
}

function mostOf(reasons: ReadonlyMap<string, number>): string {
  return [...reasons].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? '';
}
