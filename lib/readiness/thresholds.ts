/**
 * From single results to a verdict: so many in a row change it, fewer leave it as it is. Counting is that of
 * `doProbe` in the kubelet's `pkg/kubelet/prober/worker.go`; readiness starts as failure, here `pending`. But one refused
 * connection is enough: the kubelet sees a container crash, and begins anew; no hook tells the agent of it (K4), and the
 * verdict would stand while the container starts again.
 */
import type { Probe } from './probe.ts';
import type { ProbeResult } from './probe-result.ts';
import { type Verdict, verdictAfter } from './verdict.ts';

/** One probe's memory. */
export interface ProbeState {
  readonly verdict: Verdict;
  /** How many results of one kind came in a row, the last included. */
  readonly run: { readonly ok: boolean; readonly length: number };
}

/** @returns the state of a container that has just started, or of which nothing is known yet. */
export function unprobed(now: number): ProbeState {
  return {
    verdict: { type: 'pending', reason: 'no probe has ended yet', since: now },
    run: { ok: false, length: 0 },
  };
}

/** @returns the state after one more result. A warning is a success. Reasons stay those of the verdict's results. */
export function afterResult(
  state: ProbeState,
  result: ProbeResult,
  { successThreshold, failureThreshold }: Pick<Probe, 'successThreshold' | 'failureThreshold'>,
  now: number,
): ProbeState {
  const ok = result.type !== 'failure';
  const run = { ok, length: state.run.ok === ok ? state.run.length + 1 : 1 };
  const failures = result.isRefused === true ? 1 : failureThreshold;
  const threshold = ok ? successThreshold : failures;
  if (run.length >= threshold) {
    const type = ok ? 'ready' : 'failed';
    return { run, verdict: verdictAfter(state.verdict, { type, reason: result.reason }, now) };
  }
  if (state.verdict.type !== 'pending') return { run, verdict: state.verdict };
  const reason = `${run.length} of ${threshold} ${ok ? 'successes' : 'failures'} in a row: ${result.reason}`;
  return { run, verdict: verdictAfter(state.verdict, { type: 'pending', reason }, now) };
}
