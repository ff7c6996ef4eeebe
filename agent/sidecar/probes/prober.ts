import { isDeepStrictEqual } from 'node:util';
import type { ProbeResult } from '../../../lib/readiness/probe-result.ts';
import { changed, portsVerdict, type Verdict } from '../../../lib/readiness/verdict.ts';
import type { Container } from '../../../lib/settings/settings.ts';
import type { Network } from './network.ts';
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
  /** How many connections to the pod itself its probes have opened so far, those on their way included. */
  readonly connectionsOpened: number;
  /** The local ports of the connections its probes have now. */
  readonly localPorts: ReadonlySet<number>;
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
  /** Called after each change of a verdict's type. */
  readonly changed: (name: string, verdict: Verdict, previous: Verdict) => void;
  /** Runs one probe; by default on the network. */
  readonly start?: WorkerParts['start'];
}

/** What watches one container. */
type Watch =
  | { readonly type: 'probe'; readonly worker: Worker }
  | { readonly type: 'ports'; readonly ports: readonly number[]; verdict: Verdict };

/**
 * @returns a prober whose first probes are on their way. `initialDelaySeconds` counts from here, the agent's start,
 * for it cannot see when its siblings started; after `reset`, from then.
 */
export function createProber(parts: ProberParts): Prober {
  const { now, podHost, userAgent, network } = parts;
  const startedAt = now();
  const start = parts.start ?? (probe => startProbe(probe, { network, podHost, userAgent }));
  const watches = new Map<string, Watch>();
  let listening: ReadonlySet<number> | undefined;

  function watch(container: Probed, before: Watch | undefined): Watch {
    const { name, probe, ports } = container;
    const verdict = before && verdictOf(before);
    if (probe === undefined) {
      const next = changed(verdict, portsVerdict(ports, listening), now());
      if (verdict !== undefined && verdict.type !== next.type) parts.changed(name, next, verdict);
      return { type: 'ports', ports, verdict: next };
    }
    const told: WorkerParts['changed'] = (next, previous) => parts.changed(name, next, previous);
    const known = before?.type === 'probe' ? verdict : undefined;
    const probed = (result: ProbeResult): void => parts.probed?.(name, result);
    const worker = createWorker({ probe, verdict: known, startedAt, now, start, probed, changed: told });
    return { type: 'probe', worker };
  }

  function reconfigure(containers: readonly Probed[]): void {
    const before = new Map(watches);
    watches.clear();
    for (const container of containers) {
      const old = before.get(container.name);
      const isSame = old?.type === 'probe' && isDeepStrictEqual(old.worker.probe, container.probe);
      if (!isSame && old?.type === 'probe') old.worker.close();
      watches.set(container.name, isSame ? old : watch(container, old));
      before.delete(container.name);
    }
    for (const old of before.values()) if (old.type === 'probe') old.worker.close();
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
      for (const [name, old] of watches) {
        if (old.type === 'ports') watches.set(name, watch({ name, probe: undefined, ports: old.ports }, old));
      }
    },
    reset(name): void {
      const found = watches.get(name);
      if (found?.type === 'probe') found.worker.reset();
    },
    get connectionsOpened(): number {
      return network.opened;
    },
    get localPorts(): ReadonlySet<number> {
      return network.localPorts();
    },
    close(): void {
      reconfigure([]);
    },
  };
}

function verdictOf(watch: Watch): Verdict {
  return watch.type === 'probe' ? watch.worker.verdict : watch.verdict;
}
