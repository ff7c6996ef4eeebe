import { networkInterfaces } from 'node:os';
import { normalAddress } from '../../../lib/connections/address.ts';
import type { ArrivalsVerdict } from '../../../lib/connections/arrivals.ts';
import { makeSample } from '../../../lib/connections/sample.ts';
import {
  type LastLook,
  listeningPorts,
  type Scope,
  serverEnds,
  watchedPorts,
} from '../../../lib/connections/scope.ts';
import type { Sample } from '../../../lib/drain/sample.ts';
import { type Parsed, parsed } from '../../../lib/parsed.ts';
import type { Settings } from '../../../lib/settings/settings.ts';
import type { ArrivalsWatch } from './arrivals-watch.ts';
import { ConnectionWatch } from './connection-watch.ts';
import { createGauges, type Gauges } from './gauges.ts';
import type { OwnConnections } from './own-connections.ts';
import type { Listing, SocketLists, SocketReader } from './reader.ts';
import type { SamplerOptions } from './sampler.ts';

/** What people are told about how a sample came about. */
export interface SampleFacts {
  readonly source: Listing['source'];
  /** Why the sockets could not be had from a better source. */
  readonly sourceBecause: string | undefined;
  readonly arrivals: ArrivalsVerdict;
  /** Connections from outside that came in since the drain began. */
  readonly arrivalsCount: number;
}

/** How often to look for ports that have begun to listen. */
const PORTS_EVERY_MS = 1000;

/** Looks at the pod again and again in a drain, and remembers what one look must know of the last. */
export class DrainLook {
  readonly #options: SamplerOptions;
  readonly #own: OwnConnections;
  readonly #arrivals: ArrivalsWatch;
  #gauges: Gauges;
  readonly #outsideAddresses: ReadonlySet<string> | undefined;
  #settings: Settings;
  #ownAddresses: ReadonlySet<string> = readOwnAddresses();
  #servedPorts: ReadonlySet<number> = new Set();
  #connections = new ConnectionWatch();
  #last: LastLook | undefined;
  #nextPortsAt = 0;

  constructor(options: SamplerOptions, own: OwnConnections, arrivals: ArrivalsWatch) {
    this.#options = options;
    this.#own = own;
    this.#arrivals = arrivals;
    this.#gauges = createGauges(options.fetchGauge, options.clock);
    this.#outsideAddresses = options.outsideAddresses && new Set(options.outsideAddresses.map(normalAddress));
    this.#settings = options.settings;
  }

  reconfigure(settings: Settings): void {
    this.#settings = settings;
  }

  /** Forgets the last drain. */
  begin(): void {
    this.#arrivals.reset();
    this.#ownAddresses = readOwnAddresses();
    this.#servedPorts = new Set();
    this.#connections = new ConnectionWatch();
    this.#last = undefined;
    this.#gauges = createGauges(this.#options.fetchGauge, this.#options.clock);
    this.#nextPortsAt = 0;
  }

  scope(): Scope {
    return {
      settings: this.#settings,
      agentPort: this.#options.agentPort,
      hostNetwork: this.#options.hostNetwork ?? false,
      ownAddresses: this.#ownAddresses,
      outsideAddresses: this.#outsideAddresses,
      ownEnds: this.#own.serverEnds,
      servedPorts: this.#servedPorts,
    };
  }

  /** Whether there is anything to look up between two samples. */
  get isWatching(): boolean {
    return this.#connections.isWatching;
  }

  /** Looks connections up between two samples. */
  lookUp(now: number, reader: SocketReader): void {
    this.#connections.lookUp(reader, now, this.#settings.drainDoubtMs);
  }

  /** Reads everything once. Where connections cannot be listed, what is known of them stays as it was. */
  sample(now: number, reader: SocketReader): [Sample, SampleFacts] {
    const counter = this.#arrivals.readCounter();
    const lists = reader.lists();
    const ports = this.#lookForPorts(now, lists);
    const scope = this.scope();
    const {
      source,
      because,
      sockets: serving,
    } = lists.serving(new Set([...watchedPorts(scope), scope.agentPort]));
    const sockets = ports.ok ? serving : ports;
    if (sockets.ok) {
      const ends = serverEnds(scope, sockets.value, this.#last);
      this.#connections.sample(ends, now, scope.settings.drainDoubtMs);
      this.#last = { listening: listeningPorts(sockets.value), ends: this.#connections.activities };
    }
    this.#gauges.ask(this.#settings.containers);
    const own = this.#own.recent(now);
    const { verdict, lastArrivalAt, count } = this.#arrivals.look({
      now,
      clock: this.#options.clock,
      scope,
      counter,
      sockets,
      own,
      lists,
    });
    const sample = makeSample(scope, {
      now,
      sockets,
      activities: this.#connections.activities,
      gauges: this.#gauges.readings,
      arrivals: { arrivals: verdict.type, lastArrivalAt },
    });
    return [sample, { source, sourceBecause: because, arrivals: verdict, arrivalsCount: count }];
  }

  /** @returns the ports known so far; or why they cannot be looked for: then what is in flight is not known. */
  #lookForPorts(now: number, lists: SocketLists): Parsed<ReadonlySet<number>> {
    if (now < this.#nextPortsAt) return parsed(this.#servedPorts);
    const listening = lists.listening();
    if (!listening.ok) return listening;
    this.#servedPorts = new Set([...this.#servedPorts, ...listeningPorts(listening.value)]);
    this.#nextPortsAt = now + PORTS_EVERY_MS;
    return parsed(this.#servedPorts);
  }
}

function readOwnAddresses(): ReadonlySet<string> {
  const addresses = Object.values(networkInterfaces()).flatMap(all => all ?? []);
  return new Set(addresses.map(({ address }) => normalAddress(address)));
}
