import { isDeepStrictEqual } from 'node:util';
import type { ProbeResult } from '../../../lib/readiness/probe-result.ts';
import { isNews, portsVerdict, type Verdict, verdictAfter } from '../../../lib/readiness/verdict.ts';
import type { Container } from '../../../lib/settings/settings.ts';
import type { Network } from '../outbound/network.ts';
import { startProbe } from './run.ts';
import { createWorker, type Worker, type WorkerParts } from './worker.ts';

/** What is to be observed of a container. */
export type Probed = Pick<Container, 'name' | 'probe' | 'ports'>;

/** Knows every container's verdict, from its probe or from its ports. All answers come from memory. */
export interface Prober {
  /** @returns what is known of a container; of one that it was not told of, that nothing is. */
  verdict(name: string): Verdict;
  /**
   * The settings changed. Probes that did not change go on undisturbed; a changed one begins with the verdict so far
   * (an edit takes no pod out of traffic, unless the new probe fails as often as it must).
   */
  reconfigure(containers: readonly Probed[]): void;
  /** The TCP ports that listen in the pod were read; containers without a probe are judged by them. */
  portsListen(ports: ReadonlySet<number>): void;
  /** A container started anew: nothing is known of it any more. */
  reset(name: string): void;
  /** Ends all probes; nothing is left running. */
  close(): void;
}

export interface ProberParts {
  readonly containers: readonly Probed[];
  /** Ms since the epoch, never going back. */
  readonly now: () => number;
  /** Where the pod's own containers are reached: `127.0.0.1`, or the pod's IP, as the kubelet does. */
  readonly podHost: string;
  readonly userAgent: string;
  readonly network: Network;
  /** Called with each result, whether or not it changes a verdict. */
  readonly probed?: (name: string, result: ProbeResult) => void;
  /** Called after each change of a verdict, its reason included. */
  readonly changed: (name: string, verdict: Verdict, previous: Verdict) => void;
  /** Runs one probe; by default on the network. */
  readonly start?: WorkerParts['start'];
}

/** What watches one container: a probe, or a look at its ports. */
type Watch =
  | { readonly type: 'probe'; readonly worker: Worker }
  | { readonly type: 'ports'; readonly ports: readonly number[]; readonly verdict: Verdict };

/**
 * @returns a prober whose first probes are on their way. `initialDelaySeconds` counts from here, the agent's start,
 * for it cannot see when its siblings started; after `reset`, from then.
 */
export function createProber(parts: ProberParts): Prober {
  const { now, podHost, userAgent, network } = parts;
  const startedAt = now();
  const start = parts.start ?? (probe => startProbe(probe, { network, podHost, userAgent }));
  let observed: readonly Probed[] = [];
  let watches: ReadonlyMap<string, Watch> = new Map();
  let listening: ReadonlySet<number> | undefined;

  function watch({ name, probe, ports }: Probed): Watch {
    const before = watches.get(name);
    const verdict = before && verdictOf(before);
    if (probe === undefined) {
      return { type: 'ports', ports, verdict: verdictAfter(verdict, portsVerdict(ports, listening), now()) };
    }
    if (before?.type === 'probe' && isDeepStrictEqual(before.worker.probe, probe)) return before;
    const worker = createWorker({
      probe,
      verdict: verdict?.type === 'unobserved' ? undefined : verdict,
      startedAt,
      now,
      start,
      probed: result => parts.probed?.(name, result),
      changed: (next, previous) => parts.changed(name, next, previous),
    });
    return { type: 'probe', worker };
  }

  /** Tells of changes when all is in place, since whoever is told may ask for any container's verdict. */
  function become(next: ReadonlyMap<string, Watch>): void {
    const before = watches;
    watches = next;
    for (const [name, old] of before) {
      const current = next.get(name);
      if (old.type === 'probe' && old !== current) old.worker.close();
      if (current === undefined) continue;
      const [previous, verdict] = [verdictOf(old), verdictOf(current)];
      if (isNews(previous, verdict)) parts.changed(name, verdict, previous);
    }
  }

  function reconfigure(containers: readonly Probed[]): void {
    observed = containers;
    become(new Map(containers.map(container => [container.name, watch(container)])));
  }

  reconfigure(parts.containers);
  return {
    verdict(name): Verdict {
      const found = watches.get(name);
      return found ? verdictOf(found) : { type: 'pending', reason: 'it is not known yet', since: startedAt };
    },
    reconfigure,
    portsListen(ports): void {
      listening = ports;
      reconfigure(observed);
    },
    reset(name): void {
      const found = watches.get(name);
      if (found?.type === 'probe') found.worker.reset();
    },
    close: () => reconfigure([]),
  };
}

function verdictOf(watch: Watch): Verdict {
  return watch.type === 'probe' ? watch.worker.verdict : watch.verdict;
}
