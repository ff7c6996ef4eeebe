import type { Container } from '../settings/settings.ts';
import type { ReleasedBecause } from './entry.ts';
import { type Plan, SETTLE_MS } from './plan.ts';
import { release } from './release.ts';
import { hookOf, isSeenGone, nameOf, type Stopped, type Termination, waiting } from './state.ts';
import type { Turn } from './turn.ts';

// Invariant: no container is released before those that depend on it have stopped, or before its time is up.
// Order among native sidecars that the kubelet stops after the agent is left to the kubelet: it keeps it by
// itself (ARCHITECTURE.md, K2), and to wait for it would be a deadlock.

/** @returns the containers whose end must be seen before `name` is released. */
export function dependentsOf(plan: Plan, name: string): Container[] {
  return outlived(plan).filter(container => container.dependsOn.includes(name));
}

/** @returns the first thing `name` depends on, at whatever remove, that has stopped although nothing released it. */
export function lostDependency(state: Termination, plan: Plan, name: string): string | undefined {
  const direct = plan.containers.find(container => container.name === name)?.dependsOn ?? [];
  for (const dependency of direct) {
    if (state.stopped.has(dependency) && state.hooks.get(dependency)?.released === undefined)
      return dependency;
    const further = lostDependency(state, plan, dependency);
    if (further !== undefined) return further;
  }
  return undefined;
}

/**
 * @returns whether a container has stopped for those that it depends on. One whose hook still waits is alive, though
 * its ports may be gone (a drain-action may close them): a sample after its release must show it gone.
 */
export function hasStopped(state: Termination, name: string): boolean {
  const hook = state.hooks.get(hookOf(name));
  if (state.stopped.get(name)?.because !== 'seen' || hook === undefined) return state.stopped.has(name);
  const sampledAt = state.sample?.at ?? 0;
  return hook.released !== undefined && isSeenGone(state, name) && sampledAt > hook.released.at;
}

/** Notes who no longer serves. @returns the same state when nobody new. */
export function noteStopped<S extends Termination>(state: S, plan: Plan, turn: Turn): S {
  const stopped = new Map(state.stopped);
  for (const container of plan.containers) {
    if (stopped.has(container.name)) continue;
    const because = howStopped(state, plan, container, turn);
    if (because === undefined) continue;
    stopped.set(container.name, { at: turn.now, because });
    if (container.name !== '') turn.tell({ type: 'stopped', container: container.name, because });
  }
  if (stopped.size === state.stopped.size) return state;
  const next = { ...state, stopped };
  for (const [name, { because }] of stopped) {
    // Taken as stopped for its time is up, it may well be there.
    if (because !== 'time' && !state.stopped.has(name)) tellLoss(next, plan, name, turn);
  }
  return next;
}

/** A dependency that is gone while those that need it still wait: their waiting has become pointless. */
function tellLoss(state: Termination, plan: Plan, name: string, turn: Turn): void {
  const dependents = dependentsOf(plan, name)
    .map(container => container.name)
    .filter(dependent => !state.stopped.has(dependent));
  const isLoss = dependents.length > 0 && state.hooks.get(name)?.released === undefined;
  if (isLoss) turn.tell({ type: 'dependency-gone', container: name, dependents });
}

function howStopped(
  state: Termination,
  plan: Plan,
  container: Container,
  turn: Turn,
): Stopped['because'] | undefined {
  const { name, stopTimeoutMs } = container;
  if (isSeenGone(state, name)) return 'seen';
  if (turn.due(plan.stopBy(name))) return 'time';
  if (container.ports.length > 0) return undefined;
  const signalAt = signalledAt(state, plan, container);
  return signalAt !== undefined && turn.due(signalAt + stopTimeoutMs) ? 'assumed' : undefined;
}

/**
 * When the kubelet sent SIGTERM: with the answer to the hook, or where there is none, when it began the others'
 * hooks (ARCHITECTURE.md, K1, K2), once these had time to come. A native sidecar's waits for all regular containers.
 */
function signalledAt(state: Termination, plan: Plan, { name, kind }: Container): number | undefined {
  const hook = state.hooks.get(hookOf(name));
  const own = hook === undefined ? state.since + SETTLE_MS : hook.released?.at;
  if (own === undefined || kind === 'regular') return own;
  if (kind === 'native-sidecar-before-agent') return undefined;
  const regulars = plan.containers.filter(container => container.kind === 'regular');
  const ends = regulars.map(container => state.stopped.get(container.name)?.at ?? Number.POSITIVE_INFINITY);
  const last = Math.max(own, ...ends);
  return Number.isFinite(last) ? last : undefined;
}

/** Answers the hooks whose turn it is. @returns the same state when there are none. */
export function releaseWaves<S extends Termination>(state: S, plan: Plan, turn: Turn): S {
  const hooks = new Map(state.hooks);
  for (const name of waiting(state)) {
    const because =
      name === state.settings.self
        ? whyReleaseAgent(state, plan, turn)
        : whyRelease(state, plan, nameOf(name), turn);
    const hook = state.hooks.get(name);
    if (because !== undefined && hook !== undefined)
      hooks.set(name, release(name, hook, because, state.sample, turn));
  }
  return waiting({ ...state, hooks }).length === waiting(state).length ? state : { ...state, hooks };
}

function whyRelease(state: Termination, plan: Plan, name: string, turn: Turn): ReleasedBecause | undefined {
  if (turn.due(plan.releaseAt(name))) return 'its time is up';
  const dependents = dependentsOf(plan, name);
  if (!dependents.every(container => hasStopped(state, container.name))) return undefined;
  if (state.phase !== 'draining') return dependents.length === 0 ? 'drain over' : 'dependents stopped';
  const pointless = lostDependency(state, plan, name) !== undefined && turn.due(plan.drainMinAt);
  return pointless ? 'dependency gone' : undefined;
}

/** Where all others have gone before the drain's end, there is nothing left that it could lose. */
function whyReleaseAgent(state: Termination, plan: Plan, turn: Turn): ReleasedBecause | undefined {
  if (turn.due(plan.endAt)) return 'its time is up';
  if (!othersOver(state, plan)) return undefined;
  const isOver = state.phase !== 'draining' || (outlived(plan).length > 0 && turn.due(plan.drainMinAt));
  return isOver ? 'all others stopped' : undefined;
}

/** @returns the containers that the agent outlives: all but those that the kubelet stops after it. */
export function outlived(plan: Plan): Container[] {
  return plan.containers.filter(container => container.kind !== 'native-sidecar-before-agent');
}

/** @returns whether every container that the agent outlives is released and has stopped, or had its time. */
export function othersOver(state: Termination, plan: Plan): boolean {
  return outlived(plan).every(({ name }) => {
    const hook = state.hooks.get(hookOf(name));
    return hasStopped(state, name) && (hook === undefined || hook.released !== undefined);
  });
}

/**
 * @returns whether the kubelet has given up all hooks, and nobody is left: SIGTERM comes before the own hook is answered
 * when the grace period is over, and the hooks' connections stay open (ARCHITECTURE.md, K3). It may have been shorter
 * than is known here.
 */
export function isGivenUp(state: Termination, plan: Plan): boolean {
  const { self } = state.settings;
  if (state.sigtermAt === undefined || !waiting(state).includes(self)) return false;
  const others = outlived(plan);
  return others.length > 0 && others.every(({ name }) => isSeenGone(state, name));
}
