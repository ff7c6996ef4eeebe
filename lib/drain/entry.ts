import type { InFlight } from './sample.ts';

/** One line of the shutdown's story, as the drain tells it. `at` is in ms since the epoch. */
export type DrainEntry = { readonly at: number } & (
  | { readonly type: 'hook'; readonly container: string | null }
  | { readonly type: 'hook-left'; readonly container: string | null }
  | { readonly type: 'sigterm' }
  | { readonly type: 'deletion'; readonly graceMs: number }
  | { readonly type: 'withdrawn' }
  /** The withdrawal is taken back. */
  | { readonly type: 'taken-up' }
  | { readonly type: 'termination'; readonly evidence: Evidence }
  | { readonly type: 'restart'; readonly container: string | null }
  | { readonly type: 'agent-restart' }
  | {
      readonly type: 'arrivals-ended';
      readonly because: ArrivalsEndedBecause;
      readonly lastArrivalAt: number | undefined;
      /** When `drain-min` is over: before it only `withdrawn` ends the arrivals. */
      readonly drainMinAt: number;
    }
  /** The end of the arrivals, told before, does not hold. */
  | { readonly type: 'arrivals-resumed'; readonly because: ArrivalsResumedBecause }
  | { readonly type: 'drained'; readonly because: DrainedBecause; readonly left: InFlight | undefined }
  | { readonly type: 'dependency-gone'; readonly container: string; readonly dependents: readonly string[] }
  | {
      readonly type: 'released';
      readonly container: string | null;
      readonly because: ReleasedBecause;
      /** What was still in flight in it: what its end may cut. Undefined where it was not measured. */
      readonly left: InFlight | undefined;
    }
  | { readonly type: 'stopped'; readonly container: string; readonly because: 'seen' | 'assumed' | 'time' }
  | { readonly type: 'healed' }
  | { readonly type: 'exit' }
);

/** What proves that it is the whole pod's end, and no restart. */
export type Evidence = 'own hook and another' | 'deletionTimestamp' | 'SIGTERM';

/** `withdrawn`: silence, and no EndpointSlice sends anybody here, so that `drain-min` need not pass. */
export type ArrivalsEndedBecause = 'silence' | 'withdrawn' | 'untold' | 'deadline';

/** `in doubt`: what ended them before `drain-min`, a withdrawal and silence, is no longer so. */
export type ArrivalsResumedBecause = 'arriving' | 'in doubt';

/** Which bound ended the drain, or that nothing had to. */
export type DrainedBecause = 'nothing in flight' | 'drain-kept-max' | 'drain-max';

/** Why a hook was answered. */
export type ReleasedBecause =
  | 'drain over'
  | 'dependents stopped'
  | 'its time is up'
  | 'dependency gone'
  | 'restart drained'
  | 'restart-drain-max'
  | 'agent restarts'
  | 'agent leaves'
  | 'all others stopped'
  | 'false alarm';
