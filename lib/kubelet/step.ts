import type { Draft } from './draft.ts';
import { createDraft } from './draft.ts';
import { probed, probeWhatIsDue } from './probing.ts';
import { exited, startWhatIsDue } from './starting.ts';
import type { Effect, Event, State } from './state.ts';
import { counts, isLive } from './state.ts';
import { deleted, hookEnded, stopWhatIsDue } from './stopping.ts';

/** What a step leads to. */
export interface Step {
  readonly state: State;
  /** To be carried out in this order. */
  readonly effects: readonly Effect[];
  /** When a `tick` is due, in ms since the epoch; undefined while nothing waits for time. */
  readonly wakeAt: number | undefined;
}

/**
 * The kubelet of one pod. Invariant: between two steps nothing is overdue that the state itself could have done;
 * whatever waits for time is named by `wakeAt`.
 *
 * @returns the next state, and what the shell is to do.
 */
export function step(state: State, event: Event): Step {
  if (state.phase === 'gone') return { state, effects: [], wakeAt: undefined };
  const draft = createDraft(state, event.at);
  apply(draft, event);
  stopWhatIsDue(draft);
  startWhatIsDue(draft);
  probeWhatIsDue(draft);
  return close(draft, state);
}

function apply(draft: Draft, event: Event): void {
  switch (event.type) {
    case 'tick':
      return;
    case 'delete':
      return deleted(draft);
    case 'exited':
      return exited(draft, event);
    case 'probed':
      return probed(draft, event);
    case 'hook-ended':
      return hookEnded(draft, event);
  }
}

function close(draft: Draft, before: State): Step {
  const { containers, graceEndsAt, pod } = draft;
  const ready = pod.containers.every(container => {
    const state = draft.get(container);
    return !counts(container) || (isLive(state) && state.ready);
  });
  if (ready !== before.ready) draft.tell({ type: 'pod-ready', ready });
  const common = { pod, backOff: draft.backOff, ready, containers };
  const { effects } = draft;
  if (graceEndsAt === undefined) return { state: { ...common, phase: 'up' }, effects, wakeAt: draft.wakeAt };
  if ([...containers.values()].some(isLive)) {
    return { state: { ...common, phase: 'terminating', graceEndsAt }, effects, wakeAt: draft.wakeAt };
  }
  draft.tell({ type: 'gone' });
  return { state: { ...common, phase: 'gone' }, effects, wakeAt: undefined };
}
