import type { Draft } from './draft.ts';
import type { Container } from './pod.ts';
import type { Event, Live } from './state.ts';
import { isLive, LEAST_STOP_MS } from './state.ts';

/** The pod was deleted: every running container's hook begins now, all at one instant; nothing starts any more. */
export function deleted(draft: Draft): void {
  if (draft.graceEndsAt !== undefined) return;
  const { gracePeriodMs, containers } = draft.pod;
  const graceEndsAt = draft.now + gracePeriodMs;
  draft.graceEndsAt = graceEndsAt;
  draft.tell({ type: 'deleted', gracePeriodMs });
  for (const container of containers) {
    const state = draft.get(container);
    if (!isLive(state)) draft.set(container, { phase: 'ended', run: state.run });
    else if (state.phase === 'running') beginStop(draft, container, state, graceEndsAt);
  }
}

/** Begins to stop one container, with its hook if it has one and there is time (`killContainer`). */
export function beginStop(draft: Draft, container: Container, live: Live, graceEndsAt: number): void {
  if (container.preStop === undefined || graceEndsAt <= draft.now) {
    draft.set(container, { ...live, phase: 'turn', graceEndsAt });
    return;
  }
  draft.set(container, { ...live, phase: 'hook', graceEndsAt });
  draft.tell({ type: 'hook-began', container: container.name });
  draft.emit({ type: 'hook', container: container.name, run: live.run });
}

/** A hook is over, well or not: the container's SIGTERM may follow. */
export function hookEnded(draft: Draft, event: Extract<Event, { type: 'hook-ended' }>): void {
  const found = draft.live(event.container, event.run);
  if (found === undefined || found.live.phase !== 'hook') return;
  const { container, live } = found;
  const { outcome, reason } = event;
  draft.tell({ type: 'hook-ended', container: container.name, outcome, reason });
  draft.set(container, { ...live, phase: 'turn' });
}

/**
 * Sends the signals whose time has come. The kills come first, so that at the end of the grace period a container
 * that is killed does not outlive one whose hook is abandoned. (The kubelet truncates the time that a hook took to
 * whole seconds, so that its SIGKILL may come up to a second later than the grace period ends:
 * `executePreStopHook` in `kuberuntime_container.go`. Here it is exact.)
 */
export function stopWhatIsDue(draft: Draft): void {
  each(draft, (container, live) => {
    if (live.phase !== 'sigterm' || !draft.due(live.killAt)) return;
    draft.set(container, { ...live, phase: 'sigkill' });
    signal(draft, container, live, 'SIGKILL');
  });
  each(draft, (container, live) => {
    if (live.phase !== 'hook' || !draft.due(live.graceEndsAt)) return;
    const reason = 'the grace period is over';
    draft.tell({ type: 'hook-ended', container: container.name, outcome: 'abandoned', reason });
    draft.set(container, { ...live, phase: 'turn' });
  });
  each(draft, (container, live) => {
    if (live.phase !== 'turn' || !(itsTurn(draft, container) || draft.due(live.graceEndsAt))) return;
    const killAt = Math.max(live.graceEndsAt, draft.now + LEAST_STOP_MS);
    draft.due(killAt);
    draft.set(container, { ...live, phase: 'sigterm', killAt });
    signal(draft, container, live, 'SIGTERM');
  });
}

/**
 * A terminating pod's native sidecar waits for all regular containers, then for the sidecars declared after it
 * (`newTerminationOrdering` in `pkg/kubelet/kuberuntime/kuberuntime_termination_order.go`).
 */
function itsTurn(draft: Draft, container: Container): boolean {
  if (draft.graceEndsAt === undefined || container.kind !== 'native-sidecar') return true;
  const { containers } = draft.pod;
  const after = containers.slice(containers.indexOf(container) + 1);
  return after.every(one => one.kind === 'init' || draft.get(one).phase === 'ended');
}

function signal(draft: Draft, container: Container, live: Live, what: 'SIGTERM' | 'SIGKILL'): void {
  draft.tell({ type: 'signal', container: container.name, signal: what });
  draft.emit({ type: 'signal', container: container.name, run: live.run, signal: what });
}

function each(draft: Draft, visit: (container: Container, live: Live) => void): void {
  for (const container of draft.pod.containers) {
    const state = draft.get(container);
    if (isLive(state)) visit(container, state);
  }
}
