import type { InFlight } from '../drain/sample.ts';
import type { Container } from '../settings/settings.ts';
import type { Activity } from './activity.ts';
import type { Socket } from './socket.ts';

// Adds up what is in flight. Invariant: what cannot be read is unknown, never zero.

/** What a container's gauge last said. */
export type GaugeReading =
  | {
      readonly type: 'value';
      readonly at: number;
      readonly value: number;
      /** Since when it has been above zero. When the request in hand began is not known: this is the earliest. */
      readonly busySince: number | undefined;
    }
  | { readonly type: 'problem'; readonly problem: string };

/** A server's end of a connection, with what is known of it. */
export interface Connection {
  readonly socket: Socket;
  readonly activity: Activity;
}

/** An older value says nothing of now. */
const GAUGE_LASTS_MS = 2000;

/** Nothing in flight. */
export const NONE: InFlight = {
  requests: 0,
  inDoubt: 0,
  connections: 0,
  oldestBegunAt: undefined,
  unknown: undefined,
};

/** @returns what is in flight on these connections, as the container's source tells it; a gauge is not asked here. */
export function inFlightOn(
  connections: readonly Connection[],
  source: Container['inFlight']['type'],
): InFlight {
  let [requests, inDoubt, connected] = [0, 0, 0];
  let oldestBegunAt: number | undefined;
  for (const { socket, activity } of connections) {
    const isConnected = socket.state === 'established' || socket.state === 'close-wait';
    const counts = source === 'connections' ? isConnected : source === 'tcp' && activity.verdict !== 'idle';
    const isInDoubt = source === 'tcp' && activity.verdict === 'in doubt';
    if (isConnected) connected++;
    if (!counts) continue;
    if (isInDoubt) inDoubt++;
    else requests++;
    oldestBegunAt = least(oldestBegunAt, source === 'tcp' ? activity.begunAt : activity.firstSeenAt);
  }
  return { requests, inDoubt, connections: connected, oldestBegunAt, unknown: undefined };
}

/** @returns what a container's gauge says; unknown where it says nothing, or said it too long ago. */
export function inFlightByGauge(container: string, reading: GaugeReading | undefined, now: number): InFlight {
  if (reading === undefined) return { ...NONE, unknown: `The gauge of ${container} has not answered yet` };
  if (reading.type === 'problem')
    return { ...NONE, unknown: `The gauge of ${container}: ${reading.problem}` };
  const ageMs = Math.round(now - reading.at);
  if (ageMs > GAUGE_LASTS_MS) {
    return { ...NONE, unknown: `The gauge of ${container} has not answered for ${ageMs} ms` };
  }
  return { ...NONE, requests: Math.ceil(reading.value), oldestBegunAt: reading.busySince };
}

/** @returns the sum, with the oldest of the requests and all that is unknown. */
export function add(parts: readonly InFlight[]): InFlight {
  return parts.reduce(
    (sum, part) => ({
      requests: sum.requests + part.requests,
      inDoubt: sum.inDoubt + part.inDoubt,
      connections: sum.connections + part.connections,
      oldestBegunAt: least(sum.oldestBegunAt, part.oldestBegunAt),
      unknown: [sum.unknown, part.unknown].filter(Boolean).join('; ') || undefined,
    }),
    NONE,
  );
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
