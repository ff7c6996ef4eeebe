import type { Evidence } from './entry.ts';
import { SETTLE_MS } from './plan.ts';
import { leave, release } from './release.ts';
import { type Draining, type Restarting, type Serving, type Settling, serving, waiting } from './state.ts';
import type { Turn } from './turn.ts';

/**
 * Restart or termination? The agent's own hook *and* another, a hook when the API has told of the pod's deletion, or
 * SIGTERM while others wait: a termination. Hooks of others alone: restarts of just those. The agent's own alone: the
 * agent restarts, and nothing drains.
 */
export function settle(state: Settling, turn: Turn): Serving | Settling | Restarting | Draining {
  const evidence = evidenceOf(state);
  if (evidence !== undefined) return terminate(state, evidence, turn);
  if (!turn.due(state.since + SETTLE_MS)) return state;
  const { self } = state.settings;
  const own = state.hooks.get(self);
  if (own !== undefined) {
    turn.tell({ type: 'agent-restart' });
    release(self, own, 'agent restarts', state.sample, turn);
    if (state.sigtermAt === undefined) {
      return { ...serving(state.next ?? state.settings, state.told.deletion), ownReleasedAt: turn.now };
    }
  }
  if (own !== undefined || state.hooks.size === 0) {
    // SIGTERM came meanwhile, and no other hook waits.
    leave(turn);
    return { ...state, hooks: new Map(), exited: true };
  }
  for (const container of state.hooks.keys()) turn.tell({ type: 'restart', container });
  return { ...state, phase: 'draining', kind: 'restart' };
}

/** @returns what proves a termination, if anything does. */
export function evidenceOf(state: Settling | Restarting): Evidence | undefined {
  const hooks = waiting(state);
  const others = hooks.some(name => name !== state.settings.self);
  if (others && hooks.includes(state.settings.self)) return 'own hook and another';
  if (isOfDeletion(state)) return 'deletionTimestamp';
  return others && state.sigtermAt !== undefined ? 'SIGTERM' : undefined;
}

/**
 * Whether a hook that waits is the deletion's: the API may tell of it a little later than the kubelet calls. One that
 * had waited for longer is a restart's, and the kubelet calls no other before it is answered.
 */
function isOfDeletion({ hooks, told: { deletion } }: Settling | Restarting): boolean {
  if (deletion === undefined) return false;
  return [...hooks.values()].some(
    ({ since, released }) => released === undefined && since >= deletion.at - SETTLE_MS,
  );
}

/** Begins a termination's drain, with the first of the hooks that came together. */
export function terminate(state: Settling | Restarting, evidence: Evidence, turn: Turn): Draining {
  turn.tell({ type: 'termination', evidence });
  turn.emit({ type: 'act' });
  const hooks = new Map([...state.hooks].filter(([, hook]) => hook.released === undefined));
  const together = [...hooks.values()].map(hook => hook.since).filter(since => since >= turn.now - SETTLE_MS);
  return {
    ...state,
    phase: 'draining',
    kind: 'termination',
    since: state.phase === 'settling' ? state.since : Math.min(turn.now, ...together),
    evidence,
    hooks,
    stopped: new Map(),
    arrivalsEnded: undefined,
  };
}
