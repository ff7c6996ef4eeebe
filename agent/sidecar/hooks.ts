import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ReleasedBecause } from '../../lib/drain/entry.ts';
import { placeHook } from '../../lib/drain/placing.ts';
import type { HookName } from '../../lib/drain/state.ts';
import type { Settings } from '../../lib/settings/settings.ts';
import type { Metrics } from './metrics.ts';

// Invariant: every caller is answered exactly once or has gone. The kubelet ignores the status and takes any answer
// for "send SIGTERM now" (ARCHITECTURE.md, K5), so a hook that cannot be placed is held as a plain sleep would be.

/** How many hooks may wait at once; any number of kubelets is far fewer, and each costs some 25 KiB. */
const MOST_WAITING = 256;

/** How many of them one peer may have: the kubelet must find room, whoever else calls. */
const MOST_FROM_ONE = 128;

/** How many callers are held that cannot be placed or authorised. */
const MOST_HELD = 32;

/** The callers of `/drain` that wait for their answers. */
export interface Hooks {
  /** @returns whether the caller waits now; others were turned away. */
  handle(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): boolean;
  answer(container: HookName, because: ReleasedBecause): void;
  readonly waiting: number;
  /** Resolves when nobody waits or is held any more, or when the time is over. */
  settled(withinMs: number): Promise<void>;
}

/** What hooks need of the rest of the agent. */
export interface HooksParts {
  /** Undefined while the annotations are bad from the start: then nothing can be placed. */
  readonly settings: () => Settings | undefined;
  readonly drainMinMs: () => number;
  readonly token: string | undefined;
  /** The containers whose hooks the drain knows. */
  readonly hooked: () => ReadonlySet<string>;
  readonly arrived: (container: HookName) => void;
  readonly left: (container: HookName) => void;
  readonly unplaced: (reason: string, container: string | null) => void;
  /** A hook that was held is answered. */
  readonly letGo: (container: string | null) => void;
  readonly metrics: Metrics;
}

/** @returns the handler of `/drain`. */
export function createHooks(parts: HooksParts): Hooks {
  const callers = new Map<HookName, Set<ServerResponse>>();
  const fromAddress = new Map<string, number>();
  let waiting = 0;
  let held = 0;
  let whenIdle: (() => void) | undefined;

  function wait(response: ServerResponse, container: HookName, address: string): boolean {
    const together = callers.get(container) ?? new Set();
    callers.set(container, together.add(response));
    waiting += 1;
    fromAddress.set(address, (fromAddress.get(address) ?? 0) + 1);
    response.once('close', () => {
      waiting -= 1;
      const others = (fromAddress.get(address) ?? 1) - 1;
      if (others === 0) fromAddress.delete(address);
      else fromAddress.set(address, others);
      if (together.delete(response)) parts.left(container);
      if (waiting + held === 0) whenIdle?.();
    });
    parts.arrived(container);
    return true;
  }

  function hold(response: ServerResponse, reason: string, container: string | null): boolean {
    if (held >= MOST_HELD) return turnAway(response);
    held += 1;
    parts.unplaced(reason, container);
    const timer = setTimeout(() => {
      send(response, 200, `Held as a sleep would be: ${reason}\n`);
      parts.letGo(container);
    }, parts.drainMinMs());
    response.once('close', () => {
      held -= 1;
      clearTimeout(timer);
      if (waiting + held === 0) whenIdle?.();
    });
    return true;
  }

  function turnAway(response: ServerResponse): false {
    parts.metrics.count('podusher_hooks_total', { outcome: 'turned away' });
    send(response, 503, 'Too many callers wait\n');
    return false;
  }

  return {
    get waiting(): number {
      return waiting;
    },
    handle(request, response, query): boolean {
      const { metrics, token } = parts;
      const container = query.get('container');
      const settings = parts.settings();
      if (token !== undefined && !isBearer(request.headers.authorization, token)) {
        metrics.count('podusher_hooks_total', { outcome: 'unauthorised' });
        return hold(response, 'The token is missing or wrong', container);
      }
      const placed =
        settings === undefined
          ? { ok: false as const, reason: 'The annotations are bad: see /status' }
          : placeHook(settings, query, parts.hooked());
      if (!placed.ok) {
        metrics.count('podusher_hooks_total', { outcome: 'not placed' });
        return hold(response, placed.reason, container);
      }
      const address = request.socket.remoteAddress ?? '';
      const isFull = waiting >= MOST_WAITING || (fromAddress.get(address) ?? 0) >= MOST_FROM_ONE;
      if (isFull) return turnAway(response);
      metrics.count('podusher_hooks_total', { outcome: 'placed' });
      return wait(response, placed.container, address);
    },
    async settled(withinMs): Promise<void> {
      if (waiting + held === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      whenIdle = resolve;
      const timer = setTimeout(resolve, withinMs);
      await promise;
      clearTimeout(timer);
    },
    answer(container, because): void {
      const together = callers.get(container) ?? new Set();
      callers.delete(container);
      for (const response of together) {
        // Answered, not gone: its close is nobody's leaving.
        together.delete(response);
        send(response, 200, `Released: ${because}\n`);
      }
    },
  };
}

/** `Connection: close`, for the kubelet's client keeps connections and this pod is going. */
function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end(body);
}

function isBearer(authorization: string | undefined, token: string): boolean {
  // Loaded where there is a token: it costs a start 10 ms and 2 MiB (measured, Node 24).
  const { createHash, timingSafeEqual } = process.getBuiltinModule('node:crypto');
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`));
}
