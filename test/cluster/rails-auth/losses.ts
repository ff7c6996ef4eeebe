/** What a pod's clients lost when it ended: pure. */
import type { Outcome } from '../../../agent/rehearse/load/outcome.ts';
import { isCut } from '../../../agent/rehearse/load/tally.ts';

/** Every request that was sent is in at most one of the others. */
export interface Losses {
  readonly sent: number;
  /** Answered with an error, as Rails does without auth. */
  readonly http500: number;
  /**
   * The same after the grace period: the kubelet abandons auth's hook at its end, but kills Rails up to a second later,
   * for it cuts the time that a hook took to whole seconds (`executePreStopHook` in `kuberuntime_container.go`).
   */
  readonly http500AfterGrace: number;
  /** In flight when Rails ended. */
  readonly cut: number;
  /** Came to a pod that was told to leave and that nobody replaces, and was not answered. */
  readonly refused: number;
  /** All else; nothing excuses it. */
  readonly other: readonly Outcome[];
}

/** When what happened to the pod, in ms since the epoch. */
export interface PodTimes {
  readonly graceEndsAt: number;
  /** Rails' ends, by itself or by a kill. */
  readonly railsEnds: readonly number[];
  /** From when on Rails need not answer; undefined where other pods take its place. */
  readonly leavesAt: number | undefined;
}

/** @returns what became of the requests. */
export function lossesOf(outcomes: readonly Outcome[], times: PodTimes): Losses {
  const kinds = Object.groupBy(outcomes, outcome => kindOf(outcome, times));
  return {
    sent: outcomes.length,
    http500: kinds.http500?.length ?? 0,
    http500AfterGrace: kinds.http500AfterGrace?.length ?? 0,
    cut: kinds.cut?.length ?? 0,
    refused: kinds.refused?.length ?? 0,
    other: kinds.other ?? [],
  };
}

/** A connection that Rails has not accepted yet is lost without a word. */
const UNSEEN_MS = 1_000;

type Kind = 'ok' | 'http500' | 'http500AfterGrace' | 'cut' | 'refused' | 'other';

function kindOf(outcome: Outcome, { graceEndsAt, railsEnds, leavesAt }: PodTimes): Kind {
  const lateMs = outcome.startedAt - (leavesAt ?? Number.POSITIVE_INFINITY);
  switch (outcome.type) {
    case 'ok':
      return 'ok';
    case 'status':
      if (outcome.status !== 500) return 'other';
      return outcome.endedAt < graceEndsAt ? 'http500' : 'http500AfterGrace';
    case 'broken':
      if (lateMs >= 0) return 'refused';
      return isCut(outcome, railsEnds) ? 'cut' : 'other';
    case 'unanswered':
      return lateMs >= -UNSEEN_MS ? 'refused' : 'other';
  }
}
