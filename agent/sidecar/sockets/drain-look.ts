import { networkInterfaces } from 'node:os';
import { type Activity, watchActivity } from '../../../lib/connections/activity.ts';
import { normalAddress } from '../../../lib/connections/address.ts';
import type { ArrivalsVerdict } from '../../../lib/connections/arrivals.ts';
import { makeSample } from '../../../lib/connections/sample.ts';
import { addServedPorts, type Scope, serverEnds } from '../../../lib/connections/scope.ts';
import type { Sample } from '../../../lib/drain/sample.ts';
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

  /** Reads everything once. Sockets that cannot be listed leave what is known of them as it was. */
  sample(now: number, reader: SocketReader): [Sample, SampleFacts] {
    const { source, because, sockets } = reader.list();
    if (sockets.ok) this.#servedPorts = addServedPorts(this.#servedPorts, sockets.value);
    const scope = this.scope(now);
    if (sockets.ok) {
      const ends = serverEnds(scope, sockets.value);
      this.#activities = watchActivity(this.#activities, ends, now, this.#settings.drainDoubtMs);
    }
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
}

function readOwnAddresses(): ReadonlySet<string> {
  const addresses = Object.values(networkInterfaces()).flatMap(all => all ?? []);
  return new Set(addresses.map(({ address }) => normalAddress(address)));
}
