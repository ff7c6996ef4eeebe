import type { Blocker } from '../readiness/aggregate.ts';
import { containerOf, planOf } from './plan.ts';
import { nameOf, type Restarting, type State, type Termination } from './state.ts';
import { lostDependency } from './waves.ts';

/**
 * What a drain says about readiness. A termination by itself says nothing: the deletion has already taken the pod
 * out of its Services, and kube-proxy falls back to pods that terminate but still serve (ARCHITECTURE.md, K6).
 * The release of the first critical container ends that, and `ready-during-drain: false` forgoes it.
 */
export function blockersOf(state: State): Blocker[] {
  if (state.phase === 'serving') return [];
  if (state.phase === 'settling') return [];
  if (state.kind === 'restart') return restarts(state);
  const { settings, since } = state;
  if (settings.readyDuringDrain) return releases(state);
  return [normal('ready-during-drain is false', since), ...releases(state)];
}

function restarts(state: Restarting): Blocker[] {
  return [...state.hooks]
    .filter(([name]) => name !== state.settings.self && isCritical(state, nameOf(name)))
    .map(([name, { since }]) => fault(`${name ?? 'a container'} restarts`, since));
}

function releases(state: Termination): Blocker[] {
  const released = [...state.hooks].flatMap(([name, hook]) => {
    if (hook.released === undefined || !isCritical(state, nameOf(name))) return [];
    return [normal(`${name ?? 'a container'} was released to stop`, hook.released.at)];
  });
  const plan = planOf(state);
  const lost = plan.containers
    .filter(container => container.critical && !state.stopped.has(container.name))
    .flatMap(({ name }) => {
      const gone = lostDependency(state, plan, name);
      const since = gone === undefined ? undefined : state.stopped.get(gone)?.at;
      return since === undefined ? [] : [fault(`${name} depends on ${gone}, which is gone`, since)];
    });
  return [...released, ...lost];
}

/** What every termination comes to. */
function normal(reason: string, since: number): Blocker {
  return { name: 'drain', outcome: 'terminating', reason, since };
}

function fault(reason: string, since: number): Blocker {
  return { name: 'drain', outcome: 'failed', reason, since };
}

function isCritical(state: Restarting | Termination, name: string): boolean {
  return name === state.settings.self || containerOf(state.settings, name).critical;
}
