import { normalAddress } from '../../../lib/connections/address.ts';
import { type Report, TIME_WAIT_MS } from '../../../lib/connections/openings.ts';
import { connectionName, type End, socketName } from '../../../lib/connections/socket.ts';

/** The two ends of a connection, as a `node:net` Socket has them once it is connected. */
export interface SocketEnds {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** A connection that the agent opened. */
export interface OwnConnection extends Report {
  readonly local: End;
  readonly remote: End;
}

/** Four containers probed each second open 240 in a minute. */
const MOST = 10_000;

/** The connections that the agent itself opened in the last minute: probes and gauges. */
export class OwnConnections {
  /** Oldest first; of those that are older than a minute, all are dropped when the next one is added. */
  readonly #opened: OwnConnection[] = [];
  readonly #serverEnds = new Map<string, OwnConnection>();

  /** @returns the connection as it is kept; undefined for a socket that is not connected. */
  add(
    { localAddress, localPort, remoteAddress, remotePort }: SocketEnds,
    now: number,
  ): OwnConnection | undefined {
    if (localAddress === undefined || localPort === undefined) return undefined;
    if (remoteAddress === undefined || remotePort === undefined) return undefined;
    const local = { address: normalAddress(localAddress), port: localPort };
    const remote = { address: normalAddress(remoteAddress), port: remotePort };
    const name = connectionName({ local, remote });
    const connection = { name, at: now, local, remote };
    this.#opened.push(connection);
    this.#serverEnds.set(serverEndOf(connection), connection);
    const over = this.#opened.findIndex(({ at }) => now - at < TIME_WAIT_MS);
    for (const old of this.#opened.splice(0, Math.max(over, this.#opened.length - MOST))) {
      const end = serverEndOf(old);
      if (this.#serverEnds.get(end) === old) this.#serverEnds.delete(end);
    }
    return connection;
  }

  /** @returns those of the last minute. */
  recent(now: number): readonly OwnConnection[] {
    return this.#opened.filter(({ at }) => now - at < TIME_WAIT_MS);
  }

  /** The server's ends of these connections, as by `socketName`. */
  get serverEnds(): { readonly has: (name: string) => boolean } {
    return this.#serverEnds;
  }
}

function serverEndOf({ local, remote }: OwnConnection): string {
  return socketName({ local: remote, remote: local });
}
