import type { Socket as NetSocket } from 'node:net';
import type { Sample } from '../../lib/drain/sample.ts';
import type { Verdict } from '../../lib/readiness/verdict.ts';
import type { AgentSettings } from '../../lib/settings/agent-settings.ts';
import type { Settings } from '../../lib/settings/settings.ts';
import type { StatusSources } from '../../lib/status/status.ts';
import { VERSION } from '../version.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { Network } from './outbound/network.ts';
import { createRequester, type Requester } from './outbound/requester.ts';
import { createProber, type Prober } from './probes/prober.ts';
import type { SampleFacts } from './sockets/drain-look.ts';
import { watchListening } from './sockets/listening.ts';
import { createSampler, type Sampler } from './sockets/sampler.ts';

/** All that the agent sees of its pod: probes, sockets, gauges. */
export interface Observer {
  verdict(container: string): Verdict;
  /** The container has been restarted: its readiness starts anew. */
  reset(container: string): void;
  reconfigure(settings: Settings): void;
  /** Samples come as long as it is on. */
  watchDrain(on: boolean): void;
  /** The agent's own server accepted a connection. */
  readonly accepted: (socket: NetSocket) => void;
  readonly request: Requester;
  readonly sources: StatusSources;
  /** Connections from outside that came in since the drain began. */
  readonly arrivalsCount: number;
  close(): void;
}

/** What an observer works with. */
export interface ObserverParts {
  readonly own: AgentSettings;
  readonly now: () => number;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly sampled: (sample: Sample) => void;
  /** A verdict has changed. */
  readonly changed: () => void;
  /** The kubelet's verdict, where the API tells one: it counts where the agent is not told to probe. */
  readonly kubeletVerdict: (container: string) => Verdict | undefined;
}

/** @returns an observer that sees nothing yet: `reconfigure` tells it what there is. */
export function createObserver(parts: ObserverParts): Observer {
  const { own, now, log, metrics, sampled, changed } = parts;
  const network = new Network(socket => sampler?.opened(socket));
  const request = createRequester(network, own.podIp, VERSION);
  let prober: Prober | undefined;
  let sampler: Sampler | undefined;
  let facts: SampleFacts | undefined;
  let unlisten: (() => void) | undefined;
  /** Why it cannot be told which ports listen. */
  let unlistened: string | undefined;
  let probed: ReadonlySet<string> = new Set();

  function takeSample(sample: Sample, read: SampleFacts): void {
    facts = read;
    metrics.count('podusher_samples_total', { source: read.source });
    sampled(sample);
  }

  function start(settings: Settings): void {
    prober = createProber({
      containers: settings.containers,
      now,
      podHost: own.podIp,
      userAgent: `podusher-probe/${VERSION}`,
      network,
      probed: (container, result) =>
        metrics.count('podusher_probes_total', { container, result: result.type }),
      changed,
    });
    sampler = createSampler({
      settings,
      agentPort: own.port,
      clock: now,
      onSample: takeSample,
      fetchGauge: (source, limits) => request({ method: 'GET', url: source.url }, limits),
      hostNetwork: own.hostNetwork,
      outsideAddresses: own.outsideAddresses,
    });
  }

  function listen(): () => void {
    return watchListening({
      ports: ports => prober?.portsListen(ports),
      problem(problem): void {
        unlistened = problem;
        if (problem !== undefined) log.warn(`The ports that listen cannot be read: ${problem}`);
      },
    });
  }

  return {
    request,
    verdict(container): Verdict {
      const kubelets = probed.has(container) ? undefined : parts.kubeletVerdict(container);
      const verdict = kubelets ?? prober?.verdict(container);
      return verdict ?? { type: 'pending', reason: 'Nothing is known yet', since: now() };
    },
    reset: container => prober?.reset(container),
    reconfigure(settings): void {
      if (prober === undefined) start(settings);
      probed = new Set(settings.containers.flatMap(({ name, probe }) => (probe === undefined ? [] : [name])));
      prober?.reconfigure(settings.containers);
      sampler?.reconfigure(settings);
      unlisten?.();
      unlistened = undefined;
      const isNeeded = settings.containers.some(
        ({ probe, ports }) => probe === undefined && ports.length > 0,
      );
      unlisten = isNeeded ? listen() : undefined;
    },
    watchDrain(on): void {
      if (on) return sampler?.begin();
      sampler?.end();
      facts = undefined;
    },
    accepted: () => sampler?.accepted(),
    get sources(): StatusSources {
      return facts === undefined ? notRead(unlistened) : sourcesOf(facts, own.outsideAddresses !== undefined);
    },
    get arrivalsCount(): number {
      return facts?.arrivalsCount ?? 0;
    },
    close(): void {
      unlisten?.();
      prober?.close();
      sampler?.close();
    },
  };
}

/** Out of a drain nothing is read but which ports listen. */
function notRead(problem: string | undefined): StatusSources {
  const because =
    problem === undefined
      ? 'They are read in drains only'
      : `The ports that listen cannot be read: ${problem}`;
  return {
    sockets: { used: 'none', because },
    arrivals: { used: 'none', because: 'They are told in drains only' },
  };
}

function sourcesOf({ source, sourceBecause, arrivals }: SampleFacts, isRehearsal: boolean): StatusSources {
  const used = isRehearsal ? 'sampled sockets' : 'PassiveOpens';
  return {
    sockets: { used: source, because: sourceBecause ?? null },
    arrivals: { used, because: arrivals.type === 'untold' ? arrivals.because : null },
  };
}
