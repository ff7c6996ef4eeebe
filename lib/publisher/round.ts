import { without } from './order.ts';
import type { Write } from './write.ts';

/** Why to try again, those first for which that is soonest. */
const FAILURES = ['conflict', 'not leading', 'unanswered', 'refused'] as const;

export type Failure = (typeof FAILURES)[number];

/** A Service's plan, as far as it has been carried out. */
export interface Round {
  readonly left: readonly Write[];
  /** Why some of it is to be tried again; undefined where none is. */
  readonly failure: Failure | undefined;
  /** The slices whose write was made, and those whose failed: a newer plan has none of them, or the round might not end. */
  readonly written: readonly string[];
  readonly failed: readonly string[];
}

export function roundOf(writes: readonly Write[]): Round {
  return { left: writes, failure: undefined, written: [], failed: [] };
}

/** @returns the round after a write was made. */
export function afterSuccess(round: Round, write: Write): Round {
  const left = round.left.filter(one => one !== write);
  return { ...round, left, written: [...round.written, write.name] };
}

/** @returns the round after a write failed: what adds need not be tried where there is no answer. */
export function afterFailure(round: Round, write: Write, failure: Failure): Round {
  const isHeld = (one: Write): boolean => one === write || (failure === 'unanswered' && !one.takesOut);
  return {
    ...round,
    left: withoutThose(isHeld, round.left),
    failure: FAILURES.find(one => one === failure || one === round.failure),
    failed: [...round.failed, write.name],
  };
}

/** @returns the round as it goes on by a newer plan: what takes out of slices whose turn is still to come. */
export function replanned(round: Round, writes: readonly Write[]): Round {
  return { ...round, left: outsOf(writes, turnsOf(round)) };
}

/**
 * @param writes the plan by what was read after a conflict.
 * @returns the round as it goes on: as by any newer plan, but what adds is not kept from its turn, where it has one still.
 */
export function replannedWhole(round: Round, writes: readonly Write[]): Round {
  if (round.left.every(({ takesOut }) => takesOut)) return replanned(round, writes);
  const turns = turnsOf(round);
  return { ...round, left: withoutThose(({ name }) => turns.includes(name), writes) };
}

/** The slices that have had their turn. */
function turnsOf({ written, failed }: Round): readonly string[] {
  return [...written, ...failed];
}

/** @returns whether there is something to take out by a newer plan, but for what has failed in this round. */
export function hasToTakeOut({ failed }: Round, writes: readonly Write[]): boolean {
  return outsOf(writes, failed).length > 0;
}

/** What takes out, and waits for nothing that adds, nor for these slices. */
function outsOf(writes: readonly Write[], but: readonly string[]): readonly Write[] {
  return withoutThose(({ name, takesOut }) => !takesOut || but.includes(name), writes);
}

/** @returns the others, but for those that wait for one of them to have an endpoint elsewhere. */
function withoutThose(isHeld: (write: Write) => boolean, writes: readonly Write[]): readonly Write[] {
  const held = writes.filter(isHeld);
  return without(
    held,
    writes.filter(write => !held.includes(write)),
  );
}
