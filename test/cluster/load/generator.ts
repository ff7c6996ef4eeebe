/**
 * Clients of a Service, at an even pace: each request on a connection of its own, or round robin over a gateway's kept
 * ones. A slow machine makes it send less, never more.
 */
import { startBeat } from '../../../agent/rehearse/load/beat.ts';
import type { Outcome } from '../../../agent/rehearse/load/outcome.ts';
import { createPool } from '../../../agent/rehearse/load/pool.ts';
import { sendRequest } from '../../../agent/rehearse/load/request.ts';
import type { LoadPlan } from './plan.ts';

export interface Generator {
  /**
   * Begins no more requests, and waits for those that have begun: 10 s at most.
   *
   * @throws when it has stopped by itself before
   */
  stop(): Promise<readonly Outcome[]>;
}

/** So many that not all of them go to the same pod by chance. */
const POOL_SIZE = 16;

/** Should nobody stop it, it stops. */
const LONGEST_MS = 30 * 60_000;

/** Begins at once. */
export function startGenerator({ host, port, rate, clients, path, slow }: LoadPlan): Generator {
  const pool = createPool(POOL_SIZE);
  const outcomes: Outcome[] = [];
  const inFlight = new Set<Promise<void>>();
  let sent = 0;

  const request = (): void => {
    sent++;
    const isSlow = slow !== undefined && sent % slow.every === 0;
    const destination = { host, port, path: isSlow ? slow.path : path };
    const outcome = clients === 'kept' ? pool.send(destination, true) : sendRequest(destination, false);
    if (outcome === undefined) return;
    const tracked = outcome
      .then(ended => void outcomes.push(ended))
      .finally(() => void inFlight.delete(tracked));
    inFlight.add(tracked);
  };
  const endBeat = startBeat(rate, request);
  let isOver = false;
  const deadline = setTimeout(() => {
    isOver = true;
    endBeat();
  }, LONGEST_MS);

  return {
    stop: async () => {
      endBeat();
      clearTimeout(deadline);
      await Promise.all(inFlight);
      pool.leave();
      if (isOver) throw new Error(`The load has ended by itself, after ${LONGEST_MS} ms`);
      return outcomes;
    },
  };
}
