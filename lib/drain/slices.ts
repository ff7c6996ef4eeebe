import { planOf } from './plan.ts';
import type { State } from './state.ts';

/** @returns whether it matters now if the EndpointSlices have let the pod go: before `drain-min` of a termination. */
export function asksForSlices(state: State, now: number): boolean {
  return state.phase === 'draining' && state.kind === 'termination' && now < planOf(state).drainMinAt;
}
