import type { ArrivalsEndedBecause, ArrivalsResumedBecause, DrainedBecause } from './entry.ts';
import type { Plan } from './plan.ts';
import type { InFlight, Sample } from './sample.ts';
import type { Draining, Stopping } from './state.ts';
import type { Turn } from './turn.ts';

/**
 * A termination's drain: at least `drain-min`, unless the API shows the pod withdrawn; then until the arrivals end
 * (at most `drain-arrivals-max`), and until what had begun by then has ended (at most `drain-max`), and what begins
 * later on kept connections, at most `drain-kept-max` more. Only a sample that was read now, and could be read,
 * ends it before a deadline.
 */
export function drain(state: Draining, plan: Plan, turn: Turn): Draining | Stopping {
  const fresh = state.sample?.at === turn.now ? state.sample.read : undefined;
  const next = watchArrivals(state, plan, fresh, turn);
  const because = whyDrained(next, plan, fresh, turn);
  if (because === undefined) return next;
  turn.tell({ type: 'drained', because, left: state.sample?.read.inFlight });
  const { arrivalsEnded: _, ...rest } = next;
  return { ...rest, phase: 'stopping' };
}

function watchArrivals(state: Draining, plan: Plan, fresh: Sample | undefined, turn: Turn): Draining {
  if (state.arrivalsEnded === undefined) {
    const because = whyArrivalsEnded(state, plan, fresh, turn);
    if (because === undefined) return state;
    const lastArrivalAt = state.sample?.read.lastArrivalAt;
    turn.tell({ type: 'arrivals-ended', because, lastArrivalAt, drainMinAt: plan.drainMinAt });
    return { ...state, arrivalsEnded: { at: turn.now, because } };
  }
  if (state.arrivalsEnded.because === 'deadline' || fresh === undefined) return state;
  const because = whyArrivalsResumed(state, plan, fresh, turn);
  if (because === undefined) return state;
  turn.tell({ type: 'arrivals-resumed', because });
  return { ...state, arrivalsEnded: undefined };
}

function whyArrivalsResumed(
  state: Draining,
  plan: Plan,
  fresh: Sample,
  turn: Turn,
): ArrivalsResumedBecause | undefined {
  if (fresh.arrivals === 'arriving' && turn.now < plan.arrivalsMaxAt) return 'arriving';
  return turn.due(plan.drainMinAt) || mayCutDrainMin(state, plan, fresh, turn) ? undefined : 'in doubt';
}

/**
 * Whether the rest of `drain-min` need not pass: no EndpointSlice sends anybody here, silence says something and
 * agrees, and it is a good part of `drain-min` long. The slices alone do not do: kube-proxies are behind them, by 10 s
 * in a slow cluster. Nor does silence that is significant for the pod's whole rate, for each node is behind by a time of
 * its own, and the last may send a tenth of the whole (`WITHDRAWN_QUIET`).
 */
function mayCutDrainMin(
  { told, since }: Draining,
  plan: Plan,
  fresh: Sample | undefined,
  turn: Turn,
): boolean {
  if (!told.withdrawn || fresh?.arrivals !== 'silent') return false;
  return turn.due(Math.max(since, fresh.lastArrivalAt ?? since) + plan.withdrawnQuietMs);
}

function whyArrivalsEnded(
  state: Draining,
  plan: Plan,
  fresh: Sample | undefined,
  turn: Turn,
): ArrivalsEndedBecause | undefined {
  if (!turn.due(plan.drainMinAt)) {
    return mayCutDrainMin(state, plan, fresh, turn) ? 'withdrawn' : undefined;
  }
  if (turn.due(plan.arrivalsMaxAt)) return 'deadline';
  if (fresh === undefined || fresh.arrivals === 'arriving') return undefined;
  return fresh.arrivals === 'silent' ? 'silence' : 'untold';
}

function whyDrained(
  state: Draining,
  plan: Plan,
  fresh: Sample | undefined,
  turn: Turn,
): DrainedBecause | undefined {
  if (turn.due(plan.drainMaxAt)) return 'drain-max';
  if (state.arrivalsEnded === undefined || fresh === undefined) return undefined;
  const { requests, inDoubt, unknown } = fresh.inFlight;
  if (unknown !== undefined) return undefined;
  if (requests + inDoubt === 0) return 'nothing in flight';
  const keptAt = keptMaxAt(state, plan);
  const isOver = keptAt !== undefined && hasOnlyLater(state, fresh.inFlight) && turn.due(keptAt);
  return isOver ? 'drain-kept-max' : undefined;
}

/** @returns when requests that begin now are waited for no longer; undefined as long as the arrivals go on. */
export function keptMaxAt({ arrivalsEnded, settings }: Draining, plan: Plan): number | undefined {
  if (arrivalsEnded === undefined) return undefined;
  return Math.min(plan.drainMaxAt, Math.max(plan.drainMinAt, arrivalsEnded.at + settings.drainKeptMaxMs));
}

/** @returns whether all that is in flight began when the arrivals had ended, on connections that clients keep. */
export function hasOnlyLater({ arrivalsEnded }: Draining, { oldestBegunAt }: InFlight): boolean {
  return arrivalsEnded !== undefined && oldestBegunAt !== undefined && oldestBegunAt > arrivalsEnded.at;
}
