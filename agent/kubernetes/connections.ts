import type { ClientRequest } from 'node:http';
import { Agent } from 'node:https';
import type { Socket } from 'node:net';

/** Connections to the API server, some of which are kept for the next requests. */
export interface Connections {
  /** @returns those that are checked against the certificates. */
  agentOf(ca: string): Agent;
  /** A request was sent. */
  sent(request: ClientRequest): void;
  /** One that was sent came to nothing. */
  failed(request: ClientRequest): void;
  close(): void;
}

/** A watch may be quiet for minutes: TCP tells whether there is still somebody. */
const KEEP_ALIVE_MS = 15_000;

/** @param maxFreeSockets how many are kept. */
export function createConnections(maxFreeSockets: number): Connections {
  let current: { readonly ca: string; readonly agent: Agent } | undefined;
  /** Counts the answers that were read whole; and by its connection the last of them. */
  let answers = 0;
  const lastOn = new WeakMap<Socket, number>();
  /** By a request that is not answered how many there were before. */
  const sentAfter = new WeakMap<ClientRequest, number>();

  /**
   * Where a server is gone without a word, all connections to it are: tried one by one, each costs a deadline. Where a
   * server is well, and a request hangs in its webhook, those that are in use are answered. Of the others nobody knows, and
   * a new one costs less than a deadline.
   */
  function dropUnansweredSince(since: number): void {
    for (const sockets of Object.values(current?.agent.freeSockets ?? {}))
      for (const socket of sockets ?? []) if ((lastOn.get(socket) ?? 0) <= since) socket.destroy();
  }

  return {
    agentOf(ca): Agent {
      if (current?.ca === ca) return current.agent;
      current?.agent.destroy();
      const agent = new Agent({ ca, keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxFreeSockets });
      current = { ca, agent };
      return agent;
    },
    sent(request): void {
      sentAfter.set(request, answers);
      request.once('response', response => {
        sentAfter.delete(request);
        const { socket } = response;
        response.once('end', () => lastOn.set(socket, ++answers));
      });
    },
    failed(request): void {
      const since = sentAfter.get(request);
      if (since !== undefined) dropUnansweredSince(since);
    },
    close: () => current?.agent.destroy(),
  };
}
