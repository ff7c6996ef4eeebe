import { Agent } from 'node:http';
import type { Outcome } from './outcome.ts';
import { type Destination, sendRequest } from './request.ts';

/** How many connections a gateway keeps, so that each has traffic and idle moments. */
export const KEPT_CONNECTIONS = 4;

/** A gateway's connections to the pod: up to a number of them are kept when they idle, more are for one request. */
export interface Pool {
  /** Connections that are open or being opened. */
  readonly size: number;
  /**
   * Sends a request on the connection that was idle for longest.
   *
   * @param destination Of the same host and port each time.
   * @param mayConnect Whether a new connection may be opened for it.
   * @returns how it ended; undefined when there is no connection for it.
   */
  send(destination: Destination, mayConnect: boolean): Promise<Outcome> | undefined;
  /** Closes every connection: idle ones now, the others after their answer. */
  leave(): void;
}

interface Kept {
  readonly agent: Agent;
  busy: boolean;
  lastUsed: number;
  leaving: boolean;
}

/**
 * @param size How many connections it keeps.
 * @returns an empty pool.
 */
export function createPool(size: number = KEPT_CONNECTIONS): Pool {
  const connections = new Set<Kept>();
  let uses = 0;

  function connect(): Kept {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const kept: Kept = { agent, busy: false, lastUsed: 0, leaving: connections.size >= size };
    connections.add(kept);
    return kept;
  }

  /** The pod's side may have closed it while it was idle. */
  function forgetClosed(): void {
    for (const kept of connections) {
      const isOpen = Object.values(kept.agent.freeSockets).some(sockets => sockets?.length);
      if (!kept.busy && !isOpen) drop(kept);
    }
  }

  function take(mayConnect: boolean): Kept | undefined {
    forgetClosed();
    const idle = [...connections].filter(({ busy }) => !busy).toSorted((a, b) => a.lastUsed - b.lastUsed);
    if (mayConnect && (idle.length === 0 || connections.size < size)) return connect();
    return idle[0];
  }

  function drop(kept: Kept): void {
    connections.delete(kept);
    kept.agent.destroy();
  }

  async function use(kept: Kept, destination: Destination): Promise<Outcome> {
    kept.busy = true;
    kept.lastUsed = uses++;
    const outcome = await sendRequest(destination, kept.agent);
    kept.busy = false;
    if (kept.leaving) drop(kept);
    return outcome;
  }

  return {
    get size(): number {
      forgetClosed();
      return connections.size;
    },
    send: (destination, mayConnect) => {
      const kept = take(mayConnect);
      return kept === undefined ? undefined : use(kept, destination);
    },
    leave: () => {
      for (const kept of connections) {
        kept.leaving = true;
        if (!kept.busy) drop(kept);
      }
    },
  };
}
