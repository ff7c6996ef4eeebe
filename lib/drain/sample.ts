/**
 * What the sockets and gauges said at one moment, as far as the drain is concerned: made by
 * `lib/connections`, consumed by `step`.
 */
export interface Sample {
  /**
   * `untold`: silence would say nothing (arrivals are too rare, or cannot be counted), so `drain-min` decides.
   */
  readonly arrivals: 'arriving' | 'silent' | 'untold';
  /** The last arrival seen since the drain began, in ms since the epoch. */
  readonly lastArrivalAt: number | undefined;
  /** The pod's traffic from outside: all but the agent's and the non-critical containers' ports. */
  readonly inFlight: InFlight;
  /** By container; one that is missing here could not be told. */
  readonly containers: ReadonlyMap<string, ContainerSample>;
}

/** One container's part of a sample. */
export interface ContainerSample {
  readonly inFlight: InFlight;
  /**
   * Its ports do not listen, nothing is established or half closed on them, and no connection from within the
   * pod leads to what it depends on. Undefined where that cannot be told (no ports).
   */
  readonly gone: boolean | undefined;
}

/** Requests that were received and whose answers are not yet all sent. */
export interface InFlight {
  /** Sure ones. */
  readonly requests: number;
  /** Ties not yet resolved; they count as in flight until `drain-doubt` after their last byte. */
  readonly inDoubt: number;
  /** Established connections, busy or idle. */
  readonly connections: number;
  /** When the oldest of `requests` and `inDoubt` began, in ms since the epoch; undefined with none. */
  readonly oldestBegunAt: number | undefined;
  /** Why it could not be read, in a phrase; then the numbers are lower bounds, and unknown is not zero. */
  readonly unknown: string | undefined;
}
