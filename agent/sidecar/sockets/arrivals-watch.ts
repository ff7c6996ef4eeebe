import {
  type Arrivals,
  type ArrivalsVerdict,
  arrivalsSeen,
  beginArrivals,
  isUnconfirmed,
  judgeArrivals,
  readArrivals,
} from '../../../lib/connections/arrivals.ts';
import { countedFilters, isCounted, waitingForAgent } from '../../../lib/connections/counted.ts';
import {
  agesOfOpenings,
  beginOpenings,
  countOpenings,
  noteOpening,
  type Openings,
} from '../../../lib/connections/openings.ts';
import { addReading, type Reading, rateOfAges, rateOfReadings } from '../../../lib/connections/rate.ts';
import { isOutside, type Scope } from '../../../lib/connections/scope.ts';
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

/** What is read for one look. */
export interface Readings {
  /** When the look began. */
  readonly now: number;
  readonly clock: () => number;
  readonly scope: Scope;
  /** The kernel's counter, read before any list was made: so the lists show all that it has counted. */
  readonly counter: Parsed<number>;
  /** All but those in TIME-WAIT. */
  readonly sockets: Parsed<readonly Socket[]>;
  /** What the agent opened in the last minute. */
  readonly own: readonly OwnConnection[];
  readonly lists: Pick<SocketLists, 'timeWait'>;
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
  /** @returns how many connections the pod has accepted so far, the agent's among them. */
  readonly readCounter: () => Parsed<number>;
  readonly #spent: () => number;
  readonly #since: number;
  #acceptedByAgent = 0;
  /** Within the pod, so that the kernel has counted them. */
  #openedByAgent = 0;
  #readings: readonly Reading[] = [];
  #openings: Openings | undefined;
  #arrivals: Arrivals | undefined;
  /** How many connections others had opened at the last look. */
  #lookedAt: number | undefined;
  /** The same, when the openings were last counted: while it is no more, no list need be made. */
  #countedAt: number | undefined;
  /** Before that the openings are not counted again. */
  #nextCountAt = 0;
  #tookMs = 0;

  /**
   * @param since ms since the epoch, as everywhere here.
   * @param spent ms of work so far, to tell what counting costs.
   */
  constructor(readCounter: () => Parsed<number>, since: number, spent: () => number) {
    this.readCounter = readCounter;
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
    const { remote } = connection;
    const isAccepted = !isOutside(scope, remote.address) && remote.port !== scope.agentPort;
    if (isAccepted) this.#openedByAgent++;
    if (this.#openings === undefined || !isCounted(scope, { ...connection, state: 'established' })) return;
    this.#openings = noteOpening(this.#openings, connection);
  }

  /** Reads the counter: each second, drain or no drain. */
  read(now: number): void {
    const counter = this.readCounter();
    if (!counter.ok) return;
    const accepted = counter.value - this.#acceptedByAgent;
    this.#readings = addReading(this.#readings, { at: now, accepted });
  }

  /** Forgets the last drain. */
  reset(): void {
    this.#openings = undefined;
    this.#arrivals = undefined;
    this.#lookedAt = undefined;
    this.#countedAt = undefined;
    this.#nextCountAt = 0;
  }

  /** @returns whether others have opened connections since the last look. */
  hasNews(): boolean {
    if (this.#lookedAt === undefined) return false;
    const byOthers = this.#byOthers(this.readCounter());
    return byOthers !== undefined && byOthers > this.#lookedAt;
  }

  /** Looks at the arrivals in a drain; the first look after a reset begins it. */
  look(readings: Readings): ArrivalsLook {
    const { now, scope } = readings;
    if (scope.hostNetwork) return untold("The node's own network counts everybody's connections");
    this.#lookedAt = this.#byOthers(readings.counter);
    const count = this.#count(readings);
    if (count.ok) {
      this.#arrivals =
        this.#arrivals === undefined
          ? beginArrivals(now, this.#rateBefore(readings), count.value)
          : readArrivals(this.#arrivals, now, readings.clock(), count.value);
    }
    if (this.#arrivals === undefined) return untold(count.ok ? '' : count.problems.join('; '));
    const verdict = judgeArrivals(this.#arrivals, now, scope.settings.drainSilenceMaxMs);
    return { verdict, lastArrivalAt: this.#arrivals.arrivedAt.at(-1), count: arrivalsSeen(this.#arrivals) };
  }

  /** @returns connections from outside so far, from some beginning; rather too few than too many. */
  #count(readings: Readings): Parsed<number> {
    this.#tookMs = 0;
    const { scope, sockets } = readings;
    if (!sockets.ok) return sockets;
    const openings = this.#countOpenings(readings, sockets.value);
    if (!openings.ok || scope.outsideAddresses !== undefined) return openings;
    // What is there when the count begins is no arrival: so it begins with a counter that is read after the lists.
    const counter = this.#arrivals === undefined ? this.readCounter() : readings.counter;
    if (!counter.ok) return counter;
    const byAgent = this.#acceptedByAgent + waitingForAgent(scope, sockets.value);
    return parsed(counter.value - byAgent - openings.value);
  }

  /** @returns how many connections of the kind that is counted by lists have been opened since the drain began. */
  #countOpenings({ now, scope, counter, own, lists }: Readings, sockets: readonly Socket[]): Parsed<number> {
    const byOthers = this.#byOthers(counter);
    const isStill = byOthers !== undefined && byOthers === this.#countedAt;
    const isConfirmed = this.#arrivals !== undefined && !isUnconfirmed(this.#arrivals);
    if (this.#openings !== undefined && isStill && isConfirmed) return parsed(this.#openings.total);
    if (now < this.#nextCountAt)
      return unparsed('Too many connections within the pod to count them each time');
    const before = this.#spent();
    const timeWait = lists.timeWait(countedFilters(scope));
    if (!timeWait.ok) return timeWait;
    const counted = [...sockets, ...timeWait.value].filter(socket => isCounted(scope, socket));
    this.#openings =
      this.#openings === undefined
        ? beginOpenings(counted, reportsOf(scope, own), now)
        : countOpenings(this.#openings, counted, now);
    this.#countedAt = byOthers;
    this.#tookMs = this.#spent() - before;
    this.#nextCountAt = now + Math.min(this.#tookMs / MOST_OF_TIME, LONGEST_PAUSE_MS);
    return parsed(this.#openings.total);
  }

  /** @returns how many connections others than the agent have opened so far, from some beginning. */
  #byOthers(counter: Parsed<number>): number | undefined {
    return counter.ok ? counter.value - this.#acceptedByAgent - this.#openedByAgent : undefined;
  }

  #rateBefore({ now, scope, own, lists }: Readings): number | undefined {
    const timeWait = lists.timeWait(countedFilters(scope));
    if (!timeWait.ok) return undefined;
    const counted = timeWait.value.filter(socket => isCounted(scope, socket));
    const ages = agesOfOpenings(counted, reportsOf(scope, own), now);
    if (scope.outsideAddresses !== undefined) return rateOfAges(ages, now - this.#since);
    this.read(now);
    return rateOfReadings(this.#readings, ages);
  }
}

/** @returns those of the agent's own connections that are counted. */
function reportsOf(scope: Scope, own: readonly OwnConnection[]): readonly OwnConnection[] {
  return own.filter(connection => isCounted(scope, { ...connection, state: 'established' }));
}

function untold(because: string): ArrivalsLook {
  return { verdict: { type: 'untold', because }, lastArrivalAt: undefined, count: 0 };
}
