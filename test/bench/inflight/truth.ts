import { setTimeout as sleep } from 'node:timers/promises';

// What the server knows of each connection, in memory that it shares with whoever samples: by the client's port.

export const IDLE = 1;
export const IN_FLIGHT = 2;
/** The answer is being handed to the kernel: neither the one nor the other. */
export const ENDING = 3;

/** `version` changes with each change; `since` is in ms since the epoch. */
export interface Truth {
  readonly memory: SharedArrayBuffer;
  readonly version: Int32Array;
  readonly state: Int32Array;
  readonly since: Float64Array;
}

const PORTS = 65_536;

/** No connection is from port 0: there stands the server's port, once it listens. */
const SERVER = 0;
/** Nor from port 1: there stands the longest answer, in ms; 0 when the clients are to pause. */
const LONGEST = 1;

/** @param memory of another thread's truth, to share it. */
export function truth(memory: SharedArrayBuffer = new SharedArrayBuffer(PORTS * 16)): Truth {
  return {
    memory,
    version: new Int32Array(memory, 0, PORTS),
    state: new Int32Array(memory, PORTS * 4, PORTS),
    since: new Float64Array(memory, PORTS * 8, PORTS),
  };
}

/** Notes that a connection's truth changes now. */
export function note(known: Truth, port: number, state: number): void {
  known.since[port] = performance.timeOrigin + performance.now();
  known.state[port] = state;
  Atomics.add(known.version, port, 1);
}

/** Tells the other threads that the server listens. */
export function announce(known: Truth, port: number): void {
  Atomics.store(known.state, SERVER, port);
}

/** @returns the server's port, once it listens. */
export async function announced(known: Truth): Promise<number> {
  for (let tries = 0; tries < 2000; tries++) {
    const port = Atomics.load(known.state, SERVER);
    if (port !== 0) return port;
    await sleep(5);
  }
  throw new Error('The server does not listen after 10 s');
}

/** Tells the clients how long answers may take; 0 makes them pause after the request in hand. */
export function setLongestAnswer(known: Truth, ms: number): void {
  Atomics.store(known.state, LONGEST, ms);
}

export function longestAnswer(known: Truth): number {
  return Atomics.load(known.state, LONGEST);
}
