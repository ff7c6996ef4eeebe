import type { Untimed } from '../untimed.ts';
import type { DrainEntry } from './entry.ts';
import type { Effect } from './event.ts';

/**
 * One step's moment and what comes of it. Rules ask `due(at)`; what is not yet due is remembered, so that no
 * rule can wait without the step naming when it must be woken.
 */
export interface Turn {
  readonly now: number;
  readonly effects: readonly Effect[];
  /** The earliest time asked for since `again()` that has not come; undefined when no rule waits for time. */
  readonly wakeAt: number | undefined;
  due(at: number): boolean;
  tell(entry: Untimed<DrainEntry>): void;
  emit(effect: Effect): void;
  /** Forgets the times asked for: the rules are about to be asked once more. */
  again(): void;
}

/** @returns the turn of an event at `now` (ms since the epoch). */
export function createTurn(now: number): Turn {
  const effects: Effect[] = [];
  let wakeAt: number | undefined;
  return {
    now,
    effects,
    get wakeAt(): number | undefined {
      return wakeAt;
    },
    due(at: number): boolean {
      if (now >= at) return true;
      wakeAt = Math.min(wakeAt ?? at, at);
      return false;
    },
    tell(entry: Untimed<DrainEntry>): void {
      effects.push({ type: 'tell', entry: { at: now, ...entry } });
    },
    emit(effect: Effect): void {
      effects.push(effect);
    },
    again(): void {
      wakeAt = undefined;
    },
  };
}
