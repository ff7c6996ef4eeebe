import { once } from 'node:events';
import { connect, createServer, type Socket as NetSocket, type Server } from 'node:net';

// Real TCP on loopback, for the tests to look at.

/** A listening server, what it accepted, and how to end it. */
export interface Loopback {
  readonly port: number;
  readonly accepted: readonly NetSocket[];
  /** Connects, and waits until the server has accepted it. */
  open(localAddress?: string): Promise<Pair>;
  /** Stops to listen; what is connected stays. */
  unlisten(): void;
  close(): void;
}

export interface Pair {
  readonly client: NetSocket;
  readonly server: NetSocket;
}

/** Starts a server on a free port; it answers nothing by itself. One on `::` is called by IPv4. */
export async function loopback({
  allowHalfOpen = true,
  host = '127.0.0.1',
}: {
  readonly allowHalfOpen?: boolean;
  readonly host?: string;
} = {}): Promise<Loopback> {
  const accepted: NetSocket[] = [];
  const clients: NetSocket[] = [];
  const server: Server = createServer({ allowHalfOpen }, socket => {
    socket.on('error', () => undefined);
    accepted.push(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port');
  const { port } = address;
  return {
    port,
    accepted,
    open: async localAddress => {
      const client = connect({
        host: host === '::' ? '127.0.0.1' : host,
        port,
        localAddress,
        allowHalfOpen,
        noDelay: true,
      });
      clients.push(client.on('error', () => undefined));
      const [[socket]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
      return { client, server: socket };
    },
    unlisten: () => void server.close(),
    close: () => {
      server.close();
      for (const socket of [...accepted, ...clients]) socket.destroy();
    },
  };
}

/** @returns what `read` gives, once it is not undefined; an error with `what` after the deadline. */
export async function eventually<T>(what: string, read: () => T | undefined, withinMs = 20_000): Promise<T> {
  const until = performance.now() + withinMs;
  for (;;) {
    const value = read();
    if (value !== undefined) return value;
    if (performance.now() > until) throw new Error(`Not within ${withinMs} ms: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}
