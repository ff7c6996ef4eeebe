/**
 * What `/status` says, as plain data: the wiring fills it, the page draws it, `schema.ts` describes it. All times
 * are in ms since the epoch. Null: there is none. A property that is undefined is absent from the JSON.
 */
import type { InFlight, Sample } from '../drain/sample.ts';
import type { State } from '../drain/state.ts';
import type { Wait } from '../drain/waits.ts';
import type { ReadinessChange } from '../readiness/change.ts';
import type { Verdict } from '../readiness/verdict.ts';
import type { Container, Settings } from '../settings/settings.ts';
import type { Entry } from '../timeline/entry.ts';

export interface Status {
  /** The pod's name: as it is set, or else as the hostname tells it. */
  readonly name: string;
  /** podusher's. */
  readonly version: string;
  readonly now: number;
  readonly startedAt: number;
  /**
   * How far the machine's clock is ahead of `now`, and so of all times here: they are by one that never jumps. It was
   * set since the agent started, or ran on while the machine was suspended; 0 for less than a second.
   */
  readonly clockAheadMs: number;
  /** What `/ready` answers. */
  readonly ready: boolean;
  /** Why it is not ready, each with what it is about in front: `auth: HTTP 503 from …`; empty when ready. */
  readonly blockers: readonly StatusBlocker[];
  /** When it became ready or not ready, oldest first; only the latest, when there were many. */
  readonly readinessChanges: readonly ReadinessChange[];
  readonly settings: StatusSettings;
  readonly containers: readonly StatusContainer[];
  readonly drain: StatusDrain;
  readonly sources: StatusSources;
  /** Null where the API is not asked (`--api`). */
  readonly api: StatusApi | null;
  /** Oldest first; only the latest, when there were many. */
  readonly timeline: readonly Entry[];
}

export interface StatusBlocker {
  readonly reason: string;
  readonly since: number;
  /** It belongs to a termination as it should be, and is no fault. */
  readonly isNormal: boolean;
}

/** "Was my change applied?" must have an answer. */
export interface StatusSettings {
  /** Of the annotations in effect; null where there are none of podusher's. */
  readonly hash: string | null;
  readonly appliedAt: number;
  /** Null where there was none. */
  readonly annotationsFile: string | null;
  /** What is wrong with the annotations as they stand, all of it; then older settings are in effect. */
  readonly problems: readonly string[];
  /** Null where the annotations have been bad from the start, so that none are in effect. */
  readonly values: SettingsInEffect | null;
}

/** Pod-wide settings, under the names that they have in the code. */
export type SettingsInEffect = Pick<
  Settings,
  | 'readyDuringDrain'
  | 'gracePeriodMs'
  | 'drainMinMs'
  | 'drainSilenceMaxMs'
  | 'drainArrivalsMaxMs'
  | 'drainKeptMaxMs'
  | 'drainDoubtMs'
  | 'restartDrainMaxMs'
> & {
  /** As set, or else what the grace period leaves. */
  readonly drainMaxMs: number;
};

export interface StatusContainer
  extends Pick<Container, 'name' | 'critical' | 'kind' | 'ports' | 'dependsOn'> {
  readonly verdict: Verdict;
  readonly shutdown: StatusShutdown;
  /** Null where it is not measured now. */
  readonly inFlight: InFlight | null;
}

/** Where a container is on its way out. */
export interface StatusShutdown {
  readonly state: 'serving' | 'hook waiting' | 'released' | 'stopped';
  /** When it came to be so; null while it serves. */
  readonly since: number | null;
  /** Its hook is answered then at the latest; null when nothing is to be answered. */
  readonly releaseBy: number | null;
  /** Why it was released, or how it is known to have stopped. */
  readonly because: string | null;
}

export interface StatusDrain {
  readonly phase: State['phase'];
  readonly kind: 'restart' | 'termination' | null;
  /** When the first hook or SIGTERM came; null while serving. */
  readonly since: number | null;
  /** What told the kind. */
  readonly evidence: string | null;
  /** Empty when nothing is waited for. */
  readonly waitsFor: readonly Wait[];
  readonly deadlines: StatusDeadlines;
  /** Connections that came in since the drain began; null while they are not counted. */
  readonly arrivals: StatusArrivals | null;
  readonly inFlight: InFlight | null;
}

/** When, at the latest; null where there is no such deadline now. */
export interface StatusDeadlines {
  readonly drainMinAt: number | null;
  readonly arrivalsMaxAt: number | null;
  /** Once new connections have ended: for the requests that begin later on kept ones. */
  readonly keptMaxAt: number | null;
  readonly drainMaxAt: number | null;
  /** The end of the grace period. */
  readonly endAt: number | null;
  /** Whoever is still alive then was not terminated. */
  readonly healAt: number | null;
}

export interface StatusArrivals {
  readonly state: Sample['arrivals'];
  readonly lastArrivalAt: number | null;
  readonly count: number;
}

/** What the API is asked for, and what it has told. */
export interface StatusApi {
  readonly pod: StatusPod;
  /** Of the pod. */
  readonly watch: StatusLink;
  /** Null where none has been told. */
  readonly deletion: { readonly graceMs: number } | null;
  /** Null before a drain has asked for them. */
  readonly slices: StatusSlices | null;
  readonly events: StatusEvents;
}

/** Whom it is asked of; null: not told yet, or not told by this server. */
export interface StatusPod {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string | null;
  readonly resourceVersion: string | null;
  readonly generation: number | null;
}

/** A watch. What it told last holds, also while it is lost. */
export interface StatusLink {
  readonly state: 'starting' | 'watching' | 'lost';
  readonly since: number;
  /** Why it is lost. */
  readonly because: string | null;
  /** When the server last said anything; null: never. */
  readonly heardAt: number | null;
}

/** The EndpointSlices that hold the pod. */
export interface StatusSlices {
  readonly watch: StatusLink;
  readonly serving: number;
  readonly terminating: number;
  readonly withdrawn: boolean;
}

/** Events on the pod. */
export interface StatusEvents {
  readonly waiting: number;
  readonly written: number;
  readonly refused: number;
  readonly dropped: number;
}

/** What is read, and how well. */
export interface StatusSources {
  readonly sockets: StatusSource;
  readonly arrivals: StatusSource;
}

export interface StatusSource {
  /** `sock_diag`, `/proc/net/tcp`, `PassiveOpens`, `none`, … */
  readonly used: string;
  /** Why not a better one; null where there is none better. */
  readonly because: string | null;
}
