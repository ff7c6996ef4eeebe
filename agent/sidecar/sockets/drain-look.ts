import { networkInterfaces } from 'node:os';
import { type Activity, watchActivity } from '../../../lib/connections/activity.ts';
import { normalAddress } from '../../../lib/connections/address.ts';
import type { ArrivalsVerdict } from '../../../lib/connections/arrivals.ts';
import { makeSample } from '../../../lib/connections/sample.ts';
import {
  addServedPorts,
  isOpen,
  type Scope,
  serverEnds,
  watchedPorts,
} from '../../../lib/connections/scope.ts';
import type { Socket } from '../../../lib/connections/socket.ts';
import type { Sample } from '../../../lib/drain/sample.ts';
import { type Parsed, parsed } from '../../../lib/settings/parsed.ts';
import type { Settings } from '../../../lib/settings/settings.ts';
import type { ArrivalsWatch } from './arrivals-watch.ts';
import { createGauges, type Gauges } from './gauges.ts';
import type { OwnConnections } from './own-connections.ts';
import type { Listing, SocketReader } from './reader.ts';
import type { SamplerOptions } from './sampler.ts';

/** What people are told about how a sample came about. */
export interface SampleFacts {
  readonly source: Listing['source'];
  /** Why the sockets could not be had from a better source. */
  readonly sourceBecause: string | undefined;
  readonly arrivals: ArrivalsVerdict;
}

/** Of more, those with the latest data: it bounds what watching costs; the others' ties are resolved less often. */
const MOST_WATCHED = 250;

/** Looks at the pod again and again in a drain, and remembers what one look must know of the last. */
export class DrainLook {
  readonly #options: SamplerOptions;
  readonly #own: OwnConnections;
  readonly #arrivals: ArrivalsWatch;
  readonly #gauges: Gauges;
  readonly #outsideAddresses: ReadonlySet<string> | undefined;
  #settings: Settings;
  #ownAddresses: ReadonlySet<string> = readOwnAddresses();
  #servedPorts: ReadonlySet<number> = new Set();
  #activities: ReadonlyMap<string, Activity> = new Map();
  /** The connections to watch between samples. */
  #ends: readonly Socket[] = [];

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
    this.#activities = new Map();
    this.#ends = [];
  }

  scope(now: number): Scope {
    return {
      settings: this.#settings,
      agentPort: this.#options.agentPort,
      hostNetwork: this.#options.hostNetwork ?? false,
      ownAddresses: this.#ownAddresses,
      outsideAddresses: this.#outsideAddresses,
      ownEnds: this.#own.ends(now),
      servedPorts: this.#servedPorts,
    };
  }

  /** Looks at the connections of the last sample, so that the next one knows what happened in between. */
  watch(now: number, reader: SocketReader): void {
    const found = reader.lookUp(this.#ends);
    if (!found.ok) return;
    const ends = found.value.filter(isOpen);
    const watched = watchActivity(this.#activities, ends, now, this.#settings.drainDoubtMs);
    this.#activities = new Map([...this.#activities, ...watched]);
  }

  /** Reads everything once. Where connections cannot be listed, what is known of them stays as it was. */
  sample(now: number, reader: SocketReader): [Sample, SampleFacts] {
    const listening = reader.listListening();
    if (listening.ok) this.#servedPorts = addServedPorts(this.#servedPorts, listening.value);
    const scope = this.scope(now);
    const { source, because, sockets: connected } = reader.listConnections(watchedPorts(scope));
    if (connected.ok) this.#note(serverEnds(scope, connected.value), now);
    const sockets = both(listening, connected);
    this.#gauges.ask(this.#settings.containers);
    const { verdict, lastArrivalAt } = this.#arrivals.look(
      now,
      scope,
      sockets,
      this.#own.recent(now),
      reader,
    );
    const sample = makeSample(scope, {
      now,
      sockets,
      activities: this.#activities,
      gauges: this.#gauges.readings,
      arrivals: { arrivals: verdict.type, lastArrivalAt },
    });
    return [sample, { source, sourceBecause: because, arrivals: verdict }];
  }

  #note(ends: readonly Socket[], now: number): void {
    this.#activities = watchActivity(this.#activities, ends, now, this.#settings.drainDoubtMs);
    const latest = ends.length <= MOST_WATCHED ? ends : ends.toSorted((a, b) => ageMs(a) - ageMs(b));
    this.#ends = latest.slice(0, MOST_WATCHED);
  }
}

function ageMs({ info }: Socket): number {
  return info === undefined ? 0 : Math.min(info.lastDataReceivedMs, info.lastDataSentMs);
}

function readOwnAddresses(): ReadonlySet<string> {
  const addresses = Object.values(networkInterfaces()).flatMap(all => all ?? []);
  return new Set(addresses.map(({ address }) => normalAddress(address)));
}

function both<T>(a: Parsed<readonly T[]>, b: Parsed<readonly T[]>): Parsed<readonly T[]> {
  if (!a.ok) return a;
  return b.ok ? parsed([...a.value, ...b.value]) : b;
}
