import type { Draft } from './draft.ts';
import type { Container } from './pod.ts';
import { firstProbes } from './probing.ts';
import type { BackOff, ContainerState, Event, Live } from './state.ts';
import { isLive } from './state.ts';

/** How soon the kubelet sees that a container has exited: `genericPlegRelistPeriod` in `pkg/kubelet/kubelet.go`. */
const RELIST_MS = 1_000;

/**
 * Starts whose turn it is: init containers one after the other (a native sidecar need only have started), then
 * all regular ones; and those whose back-off is over (`computePodActions` in `kuberuntime_manager.go`).
 */
export function startWhatIsDue(draft: Draft): void {
  if (draft.graceEndsAt !== undefined) return;
  let held = false;
  for (const container of draft.pod.containers) {
    const state = draft.get(container);
    const backed = state.phase === 'back-off' && draft.due(state.until);
    if (backed || (state.phase === 'waiting' && !held)) start(draft, container, state);
    held ||= !letsOthersStart(container, draft.get(container));
  }
}

/** A container's process has ended: by itself, or because it was told to. */
export function exited(draft: Draft, event: Extract<Event, { type: 'exited' }>): void {
  const found = draft.live(event.container, event.run);
  if (found === undefined) return;
  const { container, live } = found;
  draft.tell({ type: 'exited', container: container.name, code: event.code, signal: event.signal });
  draft.setReady(container, live, false, 'it exited');
  draft.set(container, afterExit(draft, container, live, event));
}

function afterExit(
  draft: Draft,
  container: Container,
  live: Live,
  { code, signal }: Extract<Event, { type: 'exited' }>,
): ContainerState {
  const forGood = draft.graceEndsAt !== undefined || (container.kind === 'init' && code === 0);
  if (forGood) return { phase: 'ended', run: live.run };
  const delayMs = nextDelayMs(live, draft.now, draft.backOff);
  if (delayMs > 0) draft.tell({ type: 'back-off', container: container.name, delayMs });
  const until = draft.now + Math.max(delayMs, RELIST_MS);
  return { phase: 'back-off', run: live.run, until, delayMs, code, signal };
}

/**
 * The first restart has no delay; the next wait, twice as long each time, until a run outlasts twice the longest
 * delay (`doBackOff` in `kuberuntime_manager.go`, `client-go/util/flowcontrol/backoff.go`).
 */
function nextDelayMs(live: Live, now: number, { initialMs, maxMs }: BackOff): number {
  if (live.run === 1 || now - live.startedAt > 2 * maxMs) return 0;
  return live.delayMs === 0 ? initialMs : Math.min(2 * live.delayMs, maxMs);
}

function start(draft: Draft, container: Container, before: ContainerState): void {
  const run = before.run + 1;
  const started = container.probes.startup === undefined;
  const live: Live = {
    phase: 'running',
    run,
    startedAt: draft.now,
    started,
    ready: false,
    probes: firstProbes(container, draft.now),
    delayMs: before.phase === 'back-off' ? before.delayMs : 0,
  };
  draft.set(container, live);
  draft.emit({ type: 'start', container: container.name, run });
  draft.tell({ type: 'started', container: container.name, restarts: run - 1 });
  if (started && container.probes.readiness === undefined) {
    draft.setReady(container, live, true, 'it runs and has no readiness probe');
  }
}

/** @returns whether the containers declared after it may start. */
export function letsOthersStart({ kind }: Container, state: ContainerState): boolean {
  if (kind === 'init') return state.phase === 'ended';
  return kind === 'regular' || (isLive(state) && state.started);
}
