/**
 * The clients of the pod's Service. Invariants: no request before the pod was first Ready; none on a new
 * connection while the Service has no endpoint; when the deleted pod is withdrawn the load ends, but for stubborn
 * clients, who stay on their connections until those end.
 */

import { POD_ADDRESS } from '../../../lib/kubelet/pod.ts';
import type { LoadEntry } from '../../../lib/timeline/entry.ts';
import type { Target } from '../cast.ts';
import { now } from '../clock.ts';
import { OUTSIDE_ADDRESS } from '../outside-address.ts';
import { startBeat } from './beat.ts';
import type { Outcome } from './outcome.ts';
import { createPool } from './pool.ts';
import { type Destination, sendRequest } from './request.ts';

/** Requests that may wait for their answers at once: a pod that hangs costs no more than these connections. */
export const MOST_IN_FLIGHT = 1000;

export interface LoadOptions {
  readonly target: Target;
  /** Requests a second. */
  readonly rate: number;
  readonly clients: 'both' | 'new' | 'kept';
  readonly stubborn: boolean;
  /** How late the Service's clients notice a change of the pod. */
  readonly endpointLagMs: number;
}

export interface Load {
  /** The requests that have ended. */
  readonly outcomes: readonly Outcome[];
  readonly entries: readonly LoadEntry[];
  /** The pod's Ready condition has changed. The first time it is Ready, the load begins. */
  podIsReady(ready: boolean): void;
  /** The pod terminates: it is no endpoint any more, after the lag. */
  podTerminates(): void;
  /** No request is begun any more; resolves when all have ended, which is bounded by their timeout. */
  stop(): Promise<void>;
}

/** @returns clients that wait for the pod to be Ready. */
export function createLoad(options: LoadOptions): Load {
  const { target, rate, clients, stubborn, endpointLagMs } = options;
  const { port, path } = target;
  const destination: Destination = { host: POD_ADDRESS, localAddress: OUTSIDE_ADDRESS, port, path };
  const pool = createPool();
  const outcomes: Outcome[] = [];
  const entries: LoadEntry[] = [];
  const inFlight = new Set<Promise<Outcome>>();
  const timers = new Set<NodeJS.Timeout>();
  let endBeat: (() => void) | undefined;
  /** Whether the Service has the pod as its endpoint: as the clients know it. */
  let routed = false;
  let withdrawn = false;
  let turn = 0;

  function request(): void {
    if (inFlight.size >= MOST_IN_FLIGHT) return refuse(`${MOST_IN_FLIGHT} requests wait already`);
    const kept = clients === 'both' ? turn++ % 2 === 1 : clients === 'kept';
    const sent = kept ? sendKept() : sendNew();
    if (sent !== undefined) void track(sent);
    // What a Service without an endpoint does.
    else if (!withdrawn) refuse('the Service has no endpoint');
  }

  function sendNew(): Promise<Outcome> | undefined {
    return routed ? sendRequest(destination, false) : undefined;
  }

  function sendKept(): Promise<Outcome> | undefined {
    return routed || stubborn ? pool.send(destination, routed) : undefined;
  }

  async function track(sent: Promise<Outcome>): Promise<void> {
    inFlight.add(sent);
    outcomes.push(await sent);
    inFlight.delete(sent);
  }

  function refuse(reason: string): void {
    const at = now();
    outcomes.push({ type: 'unanswered', startedAt: at, endedAt: at, reason });
  }

  function afterLag(change: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      change();
    }, endpointLagMs);
    timers.add(timer);
  }

  function route(to: boolean): void {
    if (withdrawn) return;
    routed = to;
    if (!to && !stubborn) pool.leave();
  }

  function withdraw(): void {
    route(false);
    withdrawn = true;
    const at = now();
    entries.push({ at, type: 'new-connections-end' });
    if (!stubborn) {
      entries.push({ at, type: 'kept-connections-leave' });
      endBeat?.();
    }
  }

  return {
    outcomes,
    entries,
    podIsReady: ready => {
      if (endBeat === undefined && ready) {
        routed = true;
        endBeat = startBeat(rate, request);
      } else afterLag(() => route(ready));
    },
    podTerminates: () => afterLag(withdraw),
    stop: async () => {
      for (const timer of timers) clearTimeout(timer);
      endBeat?.();
      await Promise.all(inFlight);
      pool.leave();
    },
  };
}
