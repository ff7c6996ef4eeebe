import {
  type Arrivals,
  type ArrivalsVerdict,
  arrivalsSeen,
  beginArrivals,
  judgeArrivals,
  readArrivals,
} from '../../../lib/connections/arrivals.ts';
import { countedFilters, isCounted } from '../../../lib/connections/counted.ts';
import {
  agesOfOpenings,
  beginOpenings,
  countOpenings,
  noteOpening,
  type Openings,
} from '../../../lib/connections/openings.ts';
import { addReading, type Reading, rateOfAges, rateOfReadings } from '../../../lib/connections/rate.ts';
import type { Scope } from '../../../lib/connections/scope.ts';
import type { Socket } from '../../../lib/connections/socket.ts';
import { type Parsed, parsed, unparsed } from '../../../lib/parsed.ts';
import type { OwnConnection } from './own-connections.ts';
import type { SocketLists } from './reader.ts';

/** What is known of the arrivals at one moment. */
export interface ArrivalsLook {
  readonly verdict: ArrivalsVerdict;
  readonly lastArrivalAt: number | undefined;
  /** Since the drain began. */
  readonly count: number;
}

/** What counting the connections within the pod may take of the time, and how long it may pause for that. */
const MOST_OF_TIME = 0.05;
const LONGEST_PAUSE_MS = 500;

/**
 * Counts the connections from outside the pod, before and in a drain. While serving it takes one reading of the
 * kernel's counter a second and no more; those within the pod are looked up when a drain begins, since TIME-WAIT
 * remembers a minute of them.
 */
export class ArrivalsWatch {
  readonly #readCounter: () => Parsed<number>;
  readonly #spent: () => number;
  readonly #since: number;
  #acceptedByAgent = 0;
  #readings: readonly Reading[] = [];
  #openings: Openings | undefined;
  #arrivals: Arrivals | undefined;
  /** The kernel's counter when the openings were last counted: while it stands still none is new. */
  #countedAt: number | undefined;
  /** Before that the openings are not counted again. */
  #nextCountAt = 0;
  #tookMs = 0;

  /**
   * @param since ms since the epoch, as everywhere here.
   * @param spent ms of work so far, to tell what counting costs.
   */
  constructor(readCounter: () => Parsed<number>, since: number, spent: () => number) {
    this.#readCounter = readCounter;
    this.#since = since;
    this.#spent = spent;
  }

  /** What of the last look's work went into counting, which keeps to its own share of the time. */
  get tookMs(): number {
    return this.#tookMs;
  }

  /** The agent's own server has accepted a connection. */
  accepted(): void {
    this.#acceptedByAgent++;
  }

  /** The agent has opened a connection. */
  opened(connection: OwnConnection, scope: Scope): void {
    if (this.#openings === undefined || !isCounted(scope, { ...connection, state: 'established' })) return;
    this.#openings = noteOpening(this.#openings, connection);
  }

  /** Reads the counter: each second, drain or no drain. */
  read(now: number): void {
    const agents = this.#acceptedByAgent;
    const counter = this.#readCounter();
    if (counter.ok)
      this.#readings = addReading(this.#readings, { at: now, accepted: counter.value - agents });
  }

  /** Forgets the last drain. */
  reset(): void {
    this.#openings = undefined;
    this.#arrivals = undefined;
    this.#countedAt = undefined;
    this.#nextCountAt = 0;
  }

  /**
   * Looks at the arrivals in a drain; the first look after a reset begins it.
   * @param sockets all but those in TIME-WAIT.
   * @param own what the agent opened in the last minute.
   */
  look(
    now: number,
    scope: Scope,
    sockets: Parsed<readonly Socket[]>,
    own: readonly OwnConnection[],
    lists: Pick<SocketLists, 'timeWait'>,
  ): ArrivalsLook {
    if (scope.hostNetwork) return untold("The node's own network counts everybody's connections");
    const count = this.#count(now, scope, sockets, own, lists);
    if (count.ok) {
      this.#arrivals =
        this.#arrivals === undefined
          ? beginArrivals(now, this.#rateBefore(now, scope, own, lists), count.value)
          : readArrivals(this.#arrivals, now, count.value);
    }
    if (this.#arrivals === undefined) return untold(count.ok ? '' : count.problems.join('; '));
    const verdict = judgeArrivals(this.#arrivals, now, scope.settings.drainSilenceMaxMs);
    return { verdict, lastArrivalAt: this.#arrivals.arrivedAt.at(-1), count: arrivalsSeen(this.#arrivals) };
  }

  /** @returns connections from outside so far, from some beginning. */
  #count(
    now: number,
    scope: Scope,
    sockets: Parsed<readonly Socket[]>,
    own: readonly OwnConnection[],
    lists: Pick<SocketLists, 'timeWait'>,
  ): Parsed<number> {
    this.#tookMs = 0;
    const isByList = scope.outsideAddresses !== undefined;
    const agents = this.#acceptedByAgent;
    const counter = this.#readCounter();
    if (!sockets.ok) return sockets;
    if (!counter.ok && !isByList) return counter;
    if (this.#openings === undefined || !counter.ok || this.#countedAt !== counter.value) {
      if (now < this.#nextCountAt)
        return unparsed('Too many connections within the pod to count them each time');
      const before = this.#spent();
      const timeWait = lists.timeWait(countedFilters(scope));
      if (!timeWait.ok) return timeWait;
      this.#countOpenings(now, scope, [...sockets.value, ...timeWait.value], own);
      this.#countedAt = counter.ok ? counter.value : undefined;
      this.#tookMs = this.#spent() - before;
      this.#nextCountAt = now + Math.min(this.#tookMs / MOST_OF_TIME, LONGEST_PAUSE_MS);
    }
    const total = this.#openings?.total ?? 0;
    return parsed(isByList || !counter.ok ? total : counter.value - agents - total);
  }

  #countOpenings(now: number, scope: Scope, sockets: readonly Socket[], own: readonly OwnConnection[]): void {
    const counted = sockets.filter(socket => isCounted(scope, socket));
    if (this.#openings !== undefined) {
      this.#openings = countOpenings(this.#openings, counted, now);
    } else {
      const reports = own.filter(connection => isCounted(scope, { ...connection, state: 'established' }));
      this.#openings = beginOpenings(counted, reports, now);
    }
  }

  #rateBefore(
    now: number,
    scope: Scope,
    own: readonly OwnConnection[],
    lists: Pick<SocketLists, 'timeWait'>,
  ): number | undefined {
    const timeWait = lists.timeWait(countedFilters(scope));
    if (!timeWait.ok) return undefined;
    const counted = timeWait.value.filter(socket => isCounted(scope, socket));
    const reports = own.filter(connection => isCounted(scope, { ...connection, state: 'established' }));
    const ages = agesOfOpenings(counted, reports, now);
    if (scope.outsideAddresses !== undefined) return rateOfAges(ages, now - this.#since);
    this.read(now);
    return rateOfReadings(this.#readings, ages);
  }
}

function untold(because: string): ArrivalsLook {
  return { verdict: { type: 'untold', because }, lastArrivalAt: undefined, count: 0 };
}
