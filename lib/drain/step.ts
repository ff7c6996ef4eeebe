import { drain } from './draining.ts';
import type { Effect, Event } from './event.ts';
import { planOf } from './plan.ts';
import { leave, release } from './release.ts';
import { restart } from './restart.ts';
import { settle } from './settling.ts';
import { type HookName, type Serving, type State, serving, type Termination, waiting } from './state.ts';
import { take } from './take.ts';
import { createTurn, type Turn } from './turn.ts';
import { isGivenUp, noteStopped, othersOver, releaseWaves } from './waves.ts';

/** What an event leads to. */
export interface Step {
  readonly state: State;
  /** To be carried out in this order. */
  readonly effects: readonly Effect[];
  /** When to send a `tick` if nothing happens before, in ms since the epoch; undefined: nothing waits for time. */
  readonly wakeAt: number | undefined;
}

/**
 * The drain: serving → settling → draining → stopping → stopped, and back to serving after a restart or a false
 * alarm. First the event is taken in, then the rules are applied until none changes anything.
 *
 * @param state what `serving()` or the last step returned
 * @param event what happened; its `now` is no earlier than the last event's
 */
export function step(state: State, event: Event): Step {
  const turn = createTurn(event.now);
  let next = take(state, event, turn);
  for (let last: State | undefined; last !== next; ) {
    last = next;
    turn.again();
    next = advance(last, turn);
  }
  return { state: next, effects: turn.effects, wakeAt: turn.wakeAt };
}

function advance(state: State, turn: Turn): State {
  if (state.phase === 'serving' || state.exited) return state;
  if (state.phase === 'settling') return settle(state, turn);
  return state.kind === 'restart' ? restart(state, turn) : terminating(state, turn);
}

function terminating(before: Termination, turn: Turn): State {
  const plan = planOf(before);
  if (turn.due(plan.healAt)) return heal(before, turn);
  const noted = noteStopped(before, plan, turn);
  const state = releaseWaves(noted.phase === 'draining' ? drain(noted, plan, turn) : noted, plan, turn);
  if (isGivenUp(state, plan)) return leaveAll(state, turn);
  if (state.sigtermAt !== undefined && !waiting(state).some(name => hasCallers(state, name))) {
    leave(turn);
    return { ...state, exited: true };
  }
  const over = state.phase === 'stopping' && waiting(state).length === 0 && othersOver(state, plan);
  return over ? { ...state, phase: 'stopped' } : state;
}

function hasCallers(state: Termination, name: HookName): boolean {
  return (state.hooks.get(name)?.callers ?? 0) > 0;
}

function leaveAll(state: Termination, turn: Turn): Termination {
  const hooks = new Map(state.hooks);
  for (const name of waiting(state)) {
    const hook = state.hooks.get(name);
    if (hook !== undefined) hooks.set(name, release(name, hook, 'agent leaves', state.sample, turn));
  }
  leave(turn);
  return { ...state, hooks, exited: true };
}

/** Who is still alive that long after the grace period was not terminated. */
function heal(state: Termination, turn: Turn): Serving {
  for (const name of waiting(state)) {
    const hook = state.hooks.get(name);
    if (hook !== undefined) release(name, hook, 'false alarm', state.sample, turn);
  }
  turn.tell({ type: 'healed' });
  return serving(state.next ?? state.settings, state.told.deletion);
}
