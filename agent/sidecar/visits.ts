import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * How many connections may be open on which no hook waits. With one more the oldest is closed, so that whoever comes
 * last gets in: no peer can exhaust the memory, or keep the kubelet out by holding connections. As many as the listen
 * backlog, so that what came in one go is read before it is closed.
 */
const MOST = 512;
/** For the first request on a connection. */
const REQUEST_MS = 5000;
/** For each further one: longer than load balancers pause between their checks. */
const NEXT_REQUEST_MS = 30_000;
const CHECK_EVERY_MS = 1000;

/** How many requests may be sent on one connection before the first is answered. */
const MOST_PIPELINED = 8;

interface Visit {
  /** When it was opened, or the last request came, by the monotonic clock. */
  since: number;
  /** To the last request. */
  response: ServerResponse | undefined;
  /** How many requests came one after the other, each before the one before was answered. */
  pipelined: number;
}

/**
 * The connections on which no hook waits: few, none for long without a request, and none with many requests at once,
 * which would keep the agent from everybody else: 1900 requests for `/metrics` fit into 64 KiB, and took 3 s.
 *
 * Node's own timeouts end a connection before what has come on it is read, if the process stood still for that long
 * (its timers come first in each turn): a hook that came meanwhile would be refused, and SIGTERM follow at once.
 */
export class Visits {
  readonly #visits = new Map<Socket, Visit>();
  readonly #check = setInterval(() => {
    // After what has come in is read.
    setImmediate(() => this.#endLate());
  }, CHECK_EVERY_MS).unref();

  /** A connection was opened. */
  begin(socket: Socket): void {
    const [oldest] = this.#visits.keys();
    if (this.#visits.size >= MOST) oldest?.destroy();
    this.#visits.set(socket, { since: performance.now(), response: undefined, pipelined: 0 });
    socket.once('close', () => this.#visits.delete(socket));
  }

  /** @returns whether to answer; where not, the connection is closed. */
  admit(socket: Socket, response: ServerResponse): boolean {
    const visit = this.#visits.get(socket);
    // Behind a hook that waits, no answer could be sent.
    if (visit === undefined) return refuse(socket);
    visit.pipelined = visit.response?.writableFinished === false ? visit.pipelined + 1 : 1;
    if (visit.pipelined > MOST_PIPELINED) return refuse(socket);
    visit.since = performance.now();
    visit.response = response;
    return true;
  }

  /** A hook waits on it, for as long as that takes. */
  leave(socket: Socket): void {
    this.#visits.delete(socket);
  }

  /** No more checks. */
  close(): void {
    clearInterval(this.#check);
  }

  #endLate(): void {
    const now = performance.now();
    for (const [socket, { since, response }] of this.#visits) {
      if (now - since > (response === undefined ? REQUEST_MS : NEXT_REQUEST_MS)) socket.destroy();
    }
  }
}

function refuse(socket: Socket): false {
  stopParsing(socket);
  socket.destroy();
  return false;
}

/**
 * Node parses on to the end of what has come, though the connection is closed: 60 of them with 1600 requests each made
 * the agent run out of memory. Told that its parser is done with, it does not (`freeParser`, `lib/_http_common.js`; not
 * documented, and of no effect in Node before 24).
 */
function stopParsing(socket: Socket): void {
  const parser: unknown = 'parser' in socket ? socket.parser : undefined;
  if (typeof parser !== 'object' || parser === null || !('remove' in parser)) return;
  if (typeof parser.remove === 'function') parser.remove();
}
