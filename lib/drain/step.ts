import type { Settings } from '../settings/settings.ts';
import { drain } from './draining.ts';
import type { Effect, Event } from './event.ts';
import { planOf } from './plan.ts';
import { leave, release } from './release.ts';
import { restart } from './restart.ts';
import type { Sample } from './sample.ts';
import { settle } from './settling.ts';
import {
  type HookName,
  type Serving,
  type Settling,
  type State,
  serving,
  type Termination,
  waiting,
} from './state.ts';
import { createTurn, type Turn } from './turn.ts';
import { noteStopped, othersOver, releaseWaves } from './waves.ts';

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

/** Who is still alive that long after the grace period was not terminated. */
function heal(state: Termination, turn: Turn): Serving {
  for (const name of waiting(state)) {
    const hook = state.hooks.get(name);
    if (hook !== undefined) release(name, hook, 'false alarm', state.sample, turn);
  }
  turn.tell({ type: 'healed' });
  return serving(state.next ?? state.settings, state.told.deletion);
}

function take(state: State, event: Event, turn: Turn): State {
  switch (event.type) {
    case 'hook':
      return takeHook(state, event.container, turn);
    case 'hook-left':
      return takeLeft(state, event.container, turn);
    case 'sigterm':
      return takeSigterm(state, turn);
    case 'sample':
      return state.phase === 'serving' ? state : { ...state, ...takeSample(state, event.sample, turn.now) };
    case 'settings':
      return takeSettings(state, event.settings);
    case 'deletion':
      return takeDeletion(state, event.graceMs, turn);
    case 'withdrawal':
      return takeWithdrawal(state, event.withdrawn, turn);
    case 'tick':
      return state;
  }
}

function takeHook(state: State, name: HookName, turn: Turn): State {
  const fresh = { since: turn.now, callers: 1, left: false, released: undefined };
  const known = state.phase === 'serving' ? undefined : state.hooks.get(name);
  if (known === undefined) turn.tell({ type: 'hook', container: name });
  if (state.phase === 'serving') return begin(state, turn, new Map([[name, fresh]]));
  if (state.exited) {
    turn.emit({ type: 'answer', container: name, because: 'agent leaves' });
    return state;
  }
  const hooks = new Map(state.hooks);
  const over = state.phase !== 'settling' && state.kind === 'termination' && known?.released !== undefined;
  if (over) turn.emit({ type: 'answer', container: name, because: known.released.because });
  else if (known === undefined || known.released !== undefined) hooks.set(name, fresh);
  else hooks.set(name, { ...known, callers: known.callers + 1 });
  return { ...state, hooks };
}

function takeLeft(state: State, name: HookName, turn: Turn): State {
  const hook = state.phase === 'serving' ? undefined : state.hooks.get(name);
  if (state.phase === 'serving' || hook === undefined || hook.released !== undefined) return state;
  if (hook.callers === 0) return state;
  const callers = hook.callers - 1;
  const isNews = callers === 0 && !hook.left;
  if (isNews) turn.tell({ type: 'hook-left', container: name });
  return { ...state, hooks: new Map(state.hooks).set(name, { ...hook, callers, left: hook.left || isNews }) };
}

function takeSigterm(state: State, turn: Turn): State {
  turn.tell({ type: 'sigterm' });
  if (state.phase !== 'serving') return { ...state, sigtermAt: state.sigtermAt ?? turn.now };
  if (!isRestarting(state, turn.now)) return { ...begin(state, turn, new Map()), sigtermAt: turn.now };
  leave(turn);
  return state;
}

/** An own hook of long ago, which no SIGTERM followed, was not the kubelet's. */
function isRestarting({ ownReleasedAt, settings }: Serving, now: number): boolean {
  return ownReleasedAt !== undefined && now - ownReleasedAt < settings.gracePeriodMs;
}

function takeSettings(state: State, settings: Settings): State {
  return state.phase === 'serving' ? { ...state, settings } : { ...state, next: settings };
}

/** A second deletion may shorten the grace period of the first. */
function takeDeletion(state: State, graceMs: number, turn: Turn): State {
  const { deletion } = state.told;
  if (deletion?.graceMs === graceMs) return state;
  turn.tell({ type: 'deletion', graceMs });
  return { ...state, told: { ...state.told, deletion: { at: deletion?.at ?? turn.now, graceMs } } };
}

function takeWithdrawal(state: State, withdrawn: boolean, turn: Turn): State {
  if (state.told.withdrawn === withdrawn) return state;
  if (withdrawn) turn.tell({ type: 'withdrawn' });
  return { ...state, told: { ...state.told, withdrawn } };
}

function takeSample(
  state: Exclude<State, Serving>,
  read: Sample,
  at: number,
): Pick<Settling, 'sample' | 'gone'> {
  const gone = new Map<string, number>();
  for (const [name, container] of read.containers) {
    if (container.gone === true) gone.set(name, (state.gone.get(name) ?? 0) + 1);
  }
  return { sample: { at, read }, gone };
}

function begin({ settings, told }: Serving, turn: Turn, hooks: Settling['hooks']): Settling {
  return {
    phase: 'settling',
    settings,
    next: undefined,
    since: turn.now,
    hooks,
    sigtermAt: undefined,
    sample: undefined,
    gone: new Map(),
    told,
    exited: false,
  };
}
