import type { Settings } from '../settings/settings.ts';
import type { Event } from './event.ts';
import { leave } from './release.ts';
import type { Sample } from './sample.ts';
import type { HookName, Serving, Settling, State } from './state.ts';
import type { Turn } from './turn.ts';

/** Takes an event into the state; what follows from it is for the rules, which `step` applies next. */
export function take(state: State, event: Event, turn: Turn): State {
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
  turn.tell({ type: withdrawn ? 'withdrawn' : 'taken-up' });
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
