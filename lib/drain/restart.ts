import { DEFAULT_STOP_TIMEOUT_MS } from '../settings/budget.ts';
import type { ReleasedBecause } from './entry.ts';
import { containerOf, restartMaxMs, SETTLE_MS } from './plan.ts';
import { leave, release } from './release.ts';
import type { Sample } from './sample.ts';
import { evidenceOf, terminate } from './settling.ts';
import {
  type Draining,
  type Hook,
  type HookName,
  isSeenGone,
  nameOf,
  type Restarting,
  type Serving,
  serving,
  waiting,
} from './state.ts';
import type { Turn } from './turn.ts';

/** At its bound a drain is judged by a sample no older than this. */
const STALE_MS = 500;

/**
 * Single containers restart: each drains by itself, briefly, for a container that restarts is likely sick. Over
 * when each has been seen to stop, or had its stop-timeout; a later hook may still show it to be a termination.
 */
export function restart(state: Restarting, turn: Turn): Serving | Restarting | Draining {
  const evidence = evidenceOf(state);
  if (evidence !== undefined) return terminate(state, evidence, turn);
  const hooks = new Map<HookName, Hook>();
  for (const [name, hook] of state.hooks) {
    const next =
      hook.released === undefined
        ? answerIfDue(state, name, hook, turn)
        : endIfStopped(state, name, hook, turn);
    if (next !== undefined) hooks.set(name, next);
  }
  if (leaves(state, hooks, turn)) {
    leave(turn);
    return { ...state, hooks, exited: true };
  }
  const afterwards = serving(state.next ?? state.settings, state.told.deletion);
  const own = hooks.get(state.settings.self);
  const others = [...hooks.keys()].some(name => name !== state.settings.self);
  // The agent itself restarts: SIGTERM follows.
  if (!others && own?.released !== undefined) return { ...afterwards, ownReleasedAt: own.released.at };
  if (hooks.size === 0 && state.sigtermAt === undefined) return afterwards;
  const changed =
    hooks.size !== state.hooks.size || [...hooks].some(([name, hook]) => state.hooks.get(name) !== hook);
  return changed ? { ...state, hooks } : state;
}

/** After SIGTERM the agent leaves once no hook waits: at once when its own was answered, else as after settling. */
function leaves(state: Restarting, hooks: Restarting['hooks'], turn: Turn): boolean {
  if (state.sigtermAt === undefined || waiting({ ...state, hooks }).length > 0) return false;
  return hooks.has(state.settings.self) || turn.due(state.sigtermAt + SETTLE_MS);
}

function answerIfDue(state: Restarting, name: HookName, hook: Hook, turn: Turn): Hook {
  const because = name === state.settings.self ? whyAgent(hook, turn) : whyRestart(state, name, hook, turn);
  return because === undefined ? hook : release(name, hook, because, state.sample, turn);
}

function whyAgent(hook: Hook, turn: Turn): ReleasedBecause | undefined {
  return turn.due(hook.since + SETTLE_MS) ? 'agent restarts' : undefined;
}

function whyRestart(state: Restarting, name: HookName, hook: Hook, turn: Turn): ReleasedBecause | undefined {
  const maxMs = restartMaxMs(state.settings);
  const minMs = Math.min(maxMs, Math.max(SETTLE_MS, state.settings.drainMinMs));
  const isOver = turn.due(hook.since + maxMs);
  if (!turn.due(hook.since + minMs)) return undefined;
  const read = readWithin(state, isOver ? STALE_MS : 0, turn);
  const own = (name === null ? undefined : read?.containers.get(name)?.inFlight) ?? read?.inFlight;
  const isIdle = own?.unknown === undefined && own !== undefined && own.requests + own.inDoubt === 0;
  if (isIdle) return 'restart drained';
  return isOver ? 'restart-drain-max' : undefined;
}

function readWithin({ sample }: Restarting, ageMs: number, { now }: Turn): Sample | undefined {
  return sample !== undefined && now - sample.at <= ageMs ? sample.read : undefined;
}

/**
 * @returns how long a container that restarts is given to stop, in ms. One that others depend on may have 0s of a
 *   termination, but it needs as long as any other to exit.
 */
export function restartStopMs({ settings }: Restarting, name: HookName): number {
  return Math.max(containerOf(settings, nameOf(name)).stopTimeoutMs, DEFAULT_STOP_TIMEOUT_MS);
}

/** @returns undefined once the container has stopped: its restart is the kubelet's from here on. */
function endIfStopped(state: Restarting, name: HookName, hook: Hook, turn: Turn): Hook | undefined {
  if (name === state.settings.self || hook.released === undefined) return hook;
  const { at } = hook.released;
  const seen = isSeenGone(state, nameOf(name)) && turn.now > at;
  if (!seen && !turn.due(at + restartStopMs(state, name))) return hook;
  if (name !== null) {
    turn.tell({ type: 'stopped', container: name, because: seen ? 'seen' : 'time' });
    if (seen) turn.emit({ type: 'reset', container: name });
  }
  return undefined;
}
