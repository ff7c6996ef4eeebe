// When the cluster has really stopped sending: once silence is significant.
// Invariants: silence is what was read as silent, so time that could not be read is none; and an arrival is what
// stands in two readings in a row, each with lists of its own.

/** The arrivals of one drain. */
export interface Arrivals {
  readonly startedAt: number;
  /** The count that the drain began with. */
  readonly startedWith: number;
  /** Arrivals per second before the drain; undefined where that is not known. */
  readonly before: number | undefined;
  /** The last reading: connections from outside so far, of which `confirmed` stood in two. */
  readonly last: { readonly at: number; readonly count: number };
  readonly confirmed: number;
  /** When the last five arrived, oldest first. */
  readonly arrivedAt: readonly number[];
  /** The last reading that showed none beyond the confirmed. */
  readonly quietAt: number;
}

/** A verdict on the arrivals; `untold` with why, in a phrase. */
export type ArrivalsVerdict =
  | { readonly type: 'arriving' | 'silent' }
  | { readonly type: 'untold'; readonly because: string };

/**
 * So many expected arrivals must be missed: by chance that happens once in 100 times (e^-4.6), if they are
 * independent.
 */
const MISSED = 4.6;
const SHORTEST_SILENCE_MS = 1000;
const RECENT = 5;
const UNREAD_MS = 1000;

/** @param count connections from outside so far, from any beginning. */
export function beginArrivals(now: number, before: number | undefined, count: number): Arrivals {
  return {
    startedAt: now,
    startedWith: count,
    before,
    last: { at: now, count },
    confirmed: count,
    arrivedAt: [],
    quietAt: now,
  };
}

/** @returns how many arrivals the drain has seen, each confirmed by two readings. */
export function arrivalsSeen({ confirmed, startedWith }: Arrivals): number {
  return confirmed - startedWith;
}

/** @returns whether the last reading showed arrivals that must stand in the next one to count. */
export function isUnconfirmed({ last, confirmed }: Arrivals): boolean {
  return last.count > confirmed;
}

/**
 * Takes a further reading of the same count. One that fails is left out.
 * @param from when it was begun: what is not in it had not arrived by then.
 * @param to when it was done: what is in it had arrived by then.
 */
export function readArrivals(state: Arrivals, from: number, to: number, count: number): Arrivals {
  const { last } = state;
  const confirmed = Math.max(state.confirmed, Math.min(last.count, count));
  const arrived = Array<number>(Math.min(RECENT, confirmed - state.confirmed)).fill(last.at);
  return {
    ...state,
    last: { at: to, count },
    confirmed,
    arrivedAt: [...state.arrivedAt, ...arrived].slice(-RECENT),
    quietAt: count > confirmed ? state.quietAt : from,
  };
}

/** @param silenceMaxMs the longest silence worth waiting for. */
export function judgeArrivals(state: Arrivals, now: number, silenceMaxMs: number): ArrivalsVerdict {
  if (now - state.last.at > UNREAD_MS) {
    const because = 'The arrivals cannot be counted';
    // What was told once is unknown now, and unknown is not silence; `drain-arrivals-max` bounds it.
    return state.before === undefined ? { type: 'untold', because } : { type: 'arriving' };
  }
  const rate = expectedRate(state, silenceMaxMs);
  if (rate === undefined) {
    const because =
      state.before === undefined
        ? 'Arrivals were watched for less than a second before the drain'
        : `Not one arrival is expected within ${silenceMaxMs} ms: there were ${state.before.toFixed(3)} a second`;
    return { type: 'untold', because };
  }
  const needMs = Math.min(Math.max((MISSED / rate) * 1000, SHORTEST_SILENCE_MS), silenceMaxMs);
  const silentMs = state.quietAt - (state.arrivedAt.at(-1) ?? state.startedAt);
  return { type: silentMs >= needMs ? 'silent' : 'arriving' };
}

/**
 * @returns the rate before the drain, or that in the drain where it is slower: the last node that lags behind sends a
 * fraction of the whole. Undefined where not one is expected within the longest silence, unless five came in the drain.
 */
function expectedRate({ before, startedAt, arrivedAt }: Arrivals, silenceMaxMs: number): number | undefined {
  const isTold = (rate: number | undefined): rate is number =>
    rate !== undefined && rate * silenceMaxMs >= 1000;
  const isFull = arrivedAt.length === RECENT;
  // Where fewer came, the drain's beginning stands for the one before.
  const inDrain = rateBetween(isFull ? arrivedAt : [startedAt, ...arrivedAt]);
  if (isTold(before)) return Math.min(before, inDrain ?? before);
  return isFull && isTold(inDrain) ? inDrain : undefined;
}

/** @returns undefined where one reading had them all: that is no rate. */
function rateBetween(times: readonly number[]): number | undefined {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined || first === last) return undefined;
  return (times.length - 1) / ((last - first) / 1000);
}
