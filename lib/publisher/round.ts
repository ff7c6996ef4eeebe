import { without } from './order.ts';
import type { Write } from './write.ts';

/** Why to try again, those first for which that is soonest. */
const FAILED = ['conflict', 'not leading', 'unanswered', 'refused'] as const;

export type Failed = (typeof FAILED)[number];

/** A Service's plan, as far as it has been carried out. */
export interface Round {
  readonly left: readonly Write[];
  /** Why some of it is to be tried again; undefined where none is. */
  readonly failed: Failed | undefined;
  /** The slices whose write failed: none is tried twice in a round, so that each has its turn. */
  readonly tried: readonly string[];
}

export function roundOf(writes: readonly Write[]): Round {
  return { left: writes, failed: undefined, tried: [] };
}

/** @returns the round after a write was made. */
export function made(round: Round, write: Write): Round {
  return { ...round, left: round.left.filter(one => one !== write) };
}

/** @returns the round after a write failed: what adds need not be tried where there is no answer. */
export function failed(round: Round, write: Write, why: Failed): Round {
  return {
    left: without([write], made(round, write).left).filter(one => one.takesOut || why !== 'unanswered'),
    failed: FAILED.find(one => one === why || one === round.failed),
    tried: [...round.tried, write.name],
  };
}

/** @returns the round as it goes on by a newer plan: what takes out of the slices that were not tried yet. */
export function goneOn(round: Round, writes: readonly Write[]): Round {
  const tried = writes.filter(({ name }) => round.tried.includes(name));
  const others = writes.filter(write => !tried.includes(write));
  return { ...round, left: without(tried, others).filter(({ takesOut }) => takesOut) };
}
