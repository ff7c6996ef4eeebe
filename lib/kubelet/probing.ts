import type { Draft } from './draft.ts';
import type { Container, KubeletProbe, ProbeKind } from './pod.ts';
import type { Event, Live, ProbeState } from './state.ts';
import { isLive } from './state.ts';
import { beginStop } from './stopping.ts';

const KINDS: readonly ProbeKind[] = ['startup', 'readiness', 'liveness'];

/** @returns a new run's probes: each first asks after its `initialDelaySeconds`. */
export function firstProbes(container: Container, now: number): Live['probes'] {
  const probes: Partial<Record<ProbeKind, ProbeState>> = {};
  for (const kind of KINDS) {
    const probe = container.probes[kind];
    if (probe === undefined) continue;
    probes[kind] = {
      nextAt: now + probe.initialDelaySeconds * 1000,
      asking: false,
      last: undefined,
      streak: 0,
      reason: '',
    };
  }
  return probes;
}

/** Sends the probes whose time has come, one of a kind at a time (`pkg/kubelet/prober/worker.go`). */
export function probeWhatIsDue(draft: Draft): void {
  for (const container of draft.pod.containers) {
    for (const kind of KINDS) {
      const live = draft.get(container);
      const probe = container.probes[kind];
      if (!isLive(live) || probe === undefined || !applies(draft, live, kind)) continue;
      const state = live.probes[kind];
      if (state === undefined || state.asking || !draft.due(state.nextAt)) continue;
      const asked = { ...state, asking: true, nextAt: draft.now + probe.periodSeconds * 1000 };
      draft.set(container, { ...live, probes: { ...live.probes, [kind]: asked } });
      draft.emit({ type: 'probe', container: container.name, run: live.run, kind });
    }
  }
}

/** Takes a probe's result: thresholds count equal results in a row. */
export function probed(draft: Draft, event: Extract<Event, { type: 'probed' }>): void {
  const found = draft.live(event.container, event.run);
  const probe = found?.container.probes[event.kind];
  const before = found?.live.probes[event.kind];
  if (found === undefined || probe === undefined || before === undefined) return;
  const { container } = found;
  const streak = before.last === event.ok ? before.streak + 1 : 1;
  const after = { ...before, asking: false, last: event.ok, streak, reason: event.reason };
  const live = { ...found.live, probes: { ...found.live.probes, [event.kind]: after } };
  draft.set(container, live);
  const enough = streak >= (event.ok ? probe.successThreshold : probe.failureThreshold);
  if (!enough || !applies(draft, live, event.kind)) return;
  if (event.kind === 'readiness') draft.setReady(container, live, event.ok, event.reason);
  else if (!event.ok)
    restart(draft, container, live, probe, `its ${event.kind} probe failed: ${event.reason}`);
  else if (event.kind === 'startup') hasStarted(draft, container, live);
}

/** Readiness probes go on while a container is told to stop; the others, which could restart it, do not. */
function applies(draft: Draft, live: Live, kind: ProbeKind): boolean {
  if (kind === 'readiness') return live.started;
  if (draft.graceEndsAt !== undefined || live.phase !== 'running') return false;
  return kind === 'startup' ? !live.started : live.started;
}

function hasStarted(draft: Draft, container: Container, before: Live): void {
  const live = { ...before, started: true };
  draft.set(container, live);
  if (container.probes.readiness === undefined) {
    draft.setReady(container, live, true, 'it has started and has no readiness probe');
  }
}

function restart(draft: Draft, container: Container, live: Live, probe: KubeletProbe, reason: string): void {
  draft.tell({ type: 'restarting', container: container.name, reason });
  beginStop(draft, container, live, draft.now + (probe.gracePeriodMs ?? draft.pod.gracePeriodMs));
}
