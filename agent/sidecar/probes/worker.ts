import type { Probe } from '../../../lib/readiness/probe.ts';
import type { ProbeResult } from '../../../lib/readiness/probe-result.ts';
import { afterResult, type ProbeState, unprobed } from '../../../lib/readiness/thresholds.ts';
import { isNews, type Verdict } from '../../../lib/readiness/verdict.ts';
import { MAX_TIMER_MS } from '../outbound/deadline.ts';
import type { RunningProbe } from './run.ts';

/** One container's probe, run again and again. */
export interface Worker {
  readonly probe: Probe;
  readonly verdict: Verdict;
  /** The container started anew: as at first, with its initial delay again. */
  reset(): void;
  /** Nothing of it is left running. */
  close(): void;
}

export interface WorkerParts {
  readonly probe: Probe;
  /** What is known already, of the same container by an earlier probe. */
  readonly verdict: Verdict | undefined;
  /** From when `initialDelaySeconds` counts, in ms since the epoch. */
  readonly startedAt: number;
  readonly now: () => number;
  readonly start: (probe: Probe) => RunningProbe;
  /** Called with each result. */
  readonly probed?: (result: ProbeResult) => void;
  /** Called after each change of the verdict, its reason included. */
  readonly changed: (verdict: Verdict, previous: Verdict) => void;
}

/**
 * Runs a probe as the kubelet's worker does (`pkg/kubelet/prober/worker.go`): at ticks one period apart, one at a
 * time. A tick that comes while a probe is on its way is kept, a second one is lost (Go's `time.Ticker`). The first
 * probe waits for no random part of a period: the kubelet's does so only if the kubelet itself has just started, to
 * spread a whole node's probes, and a pod has but a few, whose readiness it would delay.
 */
export function createWorker({
  probe,
  verdict,
  startedAt,
  now,
  start,
  probed,
  changed,
}: WorkerParts): Worker {
  const periodMs = probe.periodSeconds * 1000;
  let state: ProbeState = unprobed(now());
  if (verdict !== undefined) state = { ...state, verdict };
  let tickAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: RunningProbe | undefined;

  function become(next: ProbeState): void {
    const previous = state.verdict;
    state = next;
    if (isNews(previous, next.verdict)) changed(next.verdict, previous);
  }

  function schedule(at: number): void {
    tickAt = at;
    const wait = Math.ceil(at - now());
    timer = setTimeout(
      () => (wait > MAX_TIMER_MS ? schedule(at) : void tick()),
      Math.min(Math.max(wait, 0), MAX_TIMER_MS),
    );
  }

  async function tick(): Promise<void> {
    const mine = start(probe);
    running = mine;
    const result = await mine.result;
    // Reset or closed meanwhile: the result is of a container that is gone.
    if (running !== mine) return;
    running = undefined;
    probed?.(result);
    become(afterResult(state, result, probe, now()));
    const missed = Math.max(0, Math.floor((now() - tickAt) / periodMs) - 1);
    schedule(tickAt + (missed + 1) * periodMs);
  }

  function stop(): void {
    clearTimeout(timer);
    running?.abort();
    running = undefined;
  }

  schedule(Math.max(now(), startedAt + probe.initialDelaySeconds * 1000));
  return {
    probe,
    get verdict(): Verdict {
      return state.verdict;
    },
    reset(): void {
      stop();
      become(unprobed(now()));
      schedule(now() + probe.initialDelaySeconds * 1000);
    },
    close: stop,
  };
}
