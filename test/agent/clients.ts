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
  /** The end of the last connection's opening; undefined before the first. */
  readonly lastAt: number | undefined;
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
  let lastAt: number | undefined;

  async function run(): Promise<void> {
    for (let at = startedAt; !stopped.signal.aborted; ) {
      lastAt = now();
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
    get failed(): number {
      return failed;
    },
    stop: () => stopped.abort(),
  };
}

/**
 * Clients that keep their connections and never pause. There are several, for between an answer and the next request
 * there always is an instant in which one connection has nothing in flight.
 */
export function keepAsking(
  context: TestContext,
  { port, from, ms = 50 }: Traffic,
  connections: number,
): Clients {
  const stopped = new AbortController();
  context.after(() => stopped.abort());
  let failed = 0;
  let lastAt: number | undefined;

  async function run(): Promise<void> {
    const keep = keptConnection();
    while (!stopped.signal.aborted) {
      lastAt = now();
      await ask({ port, from, path: `/?ms=${ms}`, keep }).catch(() => (failed += 1));
    }
    keep.destroy();
  }

  const runs = Array.from({ length: connections }, (_, index) => sleep((index * ms) / connections).then(run));
  return {
    done: Promise.all(runs),
    get lastAt(): number | undefined {
      return lastAt;
    },
    get failed(): number {
      return failed;
    },
    stop: () => stopped.abort(),
  };
}
