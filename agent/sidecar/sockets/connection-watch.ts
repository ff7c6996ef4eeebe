import { type Activity, watchActivity } from '../../../lib/connections/activity.ts';
import { isOpen } from '../../../lib/connections/scope.ts';
import type { Socket } from '../../../lib/connections/socket.ts';
import type { SocketReader } from './reader.ts';

/**
 * How often connections are looked up between samples: more often than any ACK is delayed (40 ms at least in Linux,
 * `TCP_DELACK_MIN`). So the ACKs of a connection's last data come after the look that first shows that data, and tell
 * whether a request or an answer came last.
 */
export const WATCH_EVERY_MS = 33;
/**
 * A connection is looked up for so long after the last look that could not tell all of it. With 2 s, of 10,800 in flight
 * 9 and 13 were called idle (`npm run bench:inflight`), with this none.
 */
const WATCH_FOR_MS = 10_000;
/** So many at most, those with the latest data: that bounds the cost. */
const MOST_WATCHED = 50;

/** Follows the server's ends of connections through samples and in between. */
export class ConnectionWatch {
  #activities = new Map<string, Activity>();
  #watched: readonly Socket[] = [];

  /** What is known of each connection, by the name of the server's end. */
  get activities(): ReadonlyMap<string, Activity> {
    return this.#activities;
  }

  /** Whether there are any to be looked up. */
  get isWatching(): boolean {
    return this.#watched.length > 0;
  }

  /** Takes a new list of all of them. */
  sample(ends: readonly Socket[], now: number, doubtMs: number): void {
    this.#activities = watchActivity(this.#activities, ends, now, doubtMs);
    const unclear = ends.filter(({ name, handle }) => {
      const unclearAt = this.#activities.get(name)?.watched?.unclearAt;
      return handle !== undefined && unclearAt !== undefined && now - unclearAt < WATCH_FOR_MS;
    });
    const latest = unclear.length <= MOST_WATCHED ? unclear : unclear.toSorted((a, b) => ageMs(a) - ageMs(b));
    this.#watched = latest.slice(0, MOST_WATCHED);
  }

  /** Looks some of them up again, so that the next sample knows what happened in between. */
  lookUp(reader: Pick<SocketReader, 'lookUp'>, now: number, doubtMs: number): void {
    const found = reader.lookUp(this.#watched);
    // Without it ties stay in doubt, and the next sample says why nothing can be read, where that is so.
    if (!found.ok) return;
    this.#watched = found.value.left;
    const moved = watchActivity(this.#activities, found.value.moved.filter(isOpen), now, doubtMs);
    for (const [name, activity] of moved) this.#activities.set(name, activity);
  }
}

/** How long ago the last data came or went. */
function ageMs({ info }: Socket): number {
  return Math.min(info?.lastDataReceivedMs ?? 0, info?.lastDataSentMs ?? 0);
}
