/** What a pod's clients lost when it ended: pure. */
import type { Outcome } from '../../../agent/rehearse/load/outcome.ts';
import { isCut, SAME_MOMENT_MS } from '../../../agent/rehearse/load/tally.ts';

/** Every request that was sent is in at most one of the others. */
export interface Losses {
  readonly sent: number;
  /** Answered with an error, as Rails does without auth. */
  readonly http500: number;
  /** In flight when a Rails ended. */
  readonly cut: number;
  /** Refused when the last Rails had ended, and nobody had taken its place. */
  readonly refusedAfterEnd: number;
  /** All else; nothing excuses it. */
  readonly other: readonly Outcome[];
}

/**
 * @param endings When a Rails ended, in ms since the epoch.
 * @param endOfService When the last one ended; undefined where others go on.
 */
export function lossesOf(
  outcomes: readonly Outcome[],
  endings: readonly number[],
  endOfService: number | undefined,
): Losses {
  const kinds = Object.groupBy(outcomes, outcome => kindOf(outcome, endings, endOfService));
  return {
    sent: outcomes.length,
    http500: kinds.http500?.length ?? 0,
    cut: kinds.cut?.length ?? 0,
    refusedAfterEnd: kinds.refusedAfterEnd?.length ?? 0,
    other: kinds.other ?? [],
  };
}

/** @returns how many of them did not get what they had asked for. */
export function lostOf({ http500, cut, refusedAfterEnd, other }: Losses): number {
  return http500 + cut + refusedAfterEnd + other.length;
}

type Kind = 'ok' | 'http500' | 'cut' | 'refusedAfterEnd' | 'other';

function kindOf(outcome: Outcome, endings: readonly number[], endOfService: number | undefined): Kind {
  if (outcome.type === 'ok') return 'ok';
  if (outcome.type === 'status') return outcome.status === 500 ? 'http500' : 'other';
  if (isCut(outcome, endings)) return 'cut';
  const afterEnd = endOfService !== undefined && outcome.endedAt >= endOfService - SAME_MOMENT_MS;
  return afterEnd && outcome.type === 'unanswered' ? 'refusedAfterEnd' : 'other';
}
