import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, keptConnection } from './http.ts';
import { now } from './until.ts';

/** Whom clients outside the pod talk to. */
export interface Traffic {
  readonly port: number;
  readonly from: string;
  /** How long each answer takes. */
  readonly ms?: number;
}

/** Clients that go on until they are stopped, or the test has ended. */
export interface Clients {
  readonly done: Promise<unknown>;
  /** When the last request was begun; undefined before the first. */
  readonly lastAt: number | undefined;
  /** How late one began at most. A machine that stands still makes a silence that nobody meant. */
  readonly latestMs: number;
  readonly failed: number;
  stop(): void;
}

/**
 * Opens new connections, with one request each.
 * @param gapMs how long to wait for the next one, told the time since the first; undefined ends it.
 */
export function openConnections(
  context: TestContext,
  { port, from, ms = 0 }: Traffic,
  gapMs: (elapsedMs: number) => number | undefined,
): Clients {
  const startedAt = now();
  const asked: Promise<unknown>[] = [];
  const stopped = new AbortController();
  context.after(() => stopped.abort());
  let failed = 0;
  let latestMs = 0;
  let lastAt: number | undefined;

  async function run(): Promise<void> {
    for (let at = startedAt; !stopped.signal.aborted; ) {
      lastAt = now();
      latestMs = Math.max(latestMs, lastAt - at);
      asked.push(ask({ port, from, path: `/?ms=${ms}` }).catch(() => (failed += 1)));
      const gap = gapMs(at - startedAt);
      if (gap === undefined) break;
      at += gap;
      await sleep(Math.max(0, at - now()));
    }
    await Promise.all(asked);
  }

  return {
    done: run(),
    get lastAt(): number | undefined {
      return lastAt;
    },
    get latestMs(): number {
      return latestMs;
    },
    get failed(): number {
      return failed;
    },
    stop: () => stopped.abort(),
  };
}

/** Clients that keep their connections until the test has ended. */
export interface KeptClients {
  readonly done: Promise<unknown>;
  readonly failed: number;
  /** No request is begun any more; the connections stay. */
  stop(): void;
}

/**
 * Clients that keep their connections and never pause. Between an answer and the next request there always is an instant
 * in which a connection has nothing in flight, so there are several, whose requests begin at even distances: that two of
 * them pause at once takes a machine that stands still for as long as such a distance.
 */
export function keepAsking(
  context: TestContext,
  { port, from, ms = 50 }: Traffic,
  connections: number,
): KeptClients {
  const stopped = new AbortController();
  context.after(() => stopped.abort());
  let failed = 0;

  async function run(): Promise<void> {
    const keep = keptConnection();
    context.after(() => keep.destroy());
    while (!stopped.signal.aborted) {
      await ask({ port, from, path: `/?ms=${ms}`, keep }).catch(() => (failed += 1));
    }
  }

  const runs = Array.from({ length: connections }, (_, index) => sleep((index * ms) / connections).then(run));
  return {
    done: Promise.all(runs),
    get failed(): number {
      return failed;
    },
    stop: () => stopped.abort(),
  };
}
