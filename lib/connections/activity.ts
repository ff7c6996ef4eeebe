import type { Socket, TcpInfo, TcpState } from './socket.ts';
import { judgeTie, LAST_ACK_AFTER_MS, type TieEvidence } from './tie.ts';

// Whether a request is in flight on a connection, from consecutive looks at its server's end.
// Measured against a server that knows: `npm run bench:inflight`.

/** What is known of one connection. */
export interface Activity {
  readonly verdict: 'in flight' | 'in doubt' | 'idle';
  readonly firstSeenAt: number;
  /**
   * When the request in hand came, in ms since the epoch; undefined while idle. A connection has a new request when
   * it receives after it was idle, or after it sent since the last request came. While only one direction moves,
   * it is one request (an upload, a stream) and keeps its time.
   */
  readonly begunAt: number | undefined;
  readonly watched: Watched | undefined;
}

interface Watched {
  readonly at: number;
  readonly info: TcpInfo;
  readonly tie: TieEvidence;
  /** In how many samples it had sent, since it last received. */
  readonly sends: number;
  /** Whether it has sent since the request in hand came. */
  readonly answered: boolean;
}

/** What has sent in two samples since it last received is a stream; without more for this long it has ended. */
const STREAM_ENDS_MS = 1000;

/** The peer's FIN has come: it looks like an ACK, and counts as an unread byte. */
const PEER_CLOSED: ReadonlySet<TcpState> = new Set(['close-wait', 'closing', 'last-ack']);
/** Our program has said its last: only what is still on its way is in flight. */
const SELF_CLOSED: ReadonlySet<TcpState> = new Set(['fin-wait-1', 'fin-wait-2', 'closing', 'last-ack']);

/**
 * @param before what the last look gave.
 * @param sockets the server's ends of connections; neither listening, nor in TIME-WAIT, nor still connecting.
 * @param now when they were read, in ms since the epoch.
 * @returns what is known of these sockets, by `key`; others are forgotten.
 */
export function watchActivity(
  before: ReadonlyMap<string, Activity>,
  sockets: Iterable<Socket>,
  now: number,
  doubtMs: number,
): Map<string, Activity> {
  const activities = new Map<string, Activity>();
  for (const socket of sockets)
    activities.set(socket.key, watch(before.get(socket.key), socket, now, doubtMs));
  return activities;
}

function watch(before: Activity | undefined, socket: Socket, now: number, doubtMs: number): Activity {
  const firstSeenAt = before?.firstSeenAt ?? now;
  const { info } = socket;
  if (info === undefined) {
    // Nothing is known but that it is connected: it counts, for unknown is not zero.
    const open = socket.state === 'established' || socket.state === 'close-wait';
    const verdict = open ? 'in flight' : 'idle';
    return { verdict, firstSeenAt, begunAt: open ? firstSeenAt : undefined, watched: undefined };
  }
  const moved = compare(before?.watched?.info, info);
  const sends = (moved.received ? 0 : (before?.watched?.sends ?? 0)) + (moved.sent ? 1 : 0);
  const tie = gatherEvidence(before?.watched, socket.state, info, moved);
  const verdict = judge(socket, info, tie, sends, doubtMs);
  if (verdict === 'idle') {
    const watched = { at: now, info, tie, sends, answered: false };
    return { verdict, firstSeenAt, begunAt: undefined, watched };
  }
  const isNew =
    before?.begunAt === undefined || (moved.received && (moved.sent || before.watched?.answered === true));
  const begunAt = isNew ? lastByteAt(info, before?.watched?.at, now) : before.begunAt;
  const answered = isNew ? false : moved.sent || before.watched?.answered === true;
  return { verdict, firstSeenAt, begunAt, watched: { at: now, info, tie, sends, answered } };
}

/** When the last byte came, but not before the last look, which saw the connection without this request. */
function lastByteAt(info: TcpInfo, lookedAt: number | undefined, now: number): number {
  const ageMs = info.dataSegmentsIn === 0 ? info.lastDataSentMs : info.lastDataReceivedMs;
  return Math.max(now - ageMs, lookedAt ?? Number.NEGATIVE_INFINITY);
}

interface Moved {
  readonly received: boolean;
  readonly sent: boolean;
  readonly ackIn: boolean;
  readonly ackOut: boolean;
}

function compare(before: TcpInfo | undefined, info: TcpInfo): Moved {
  if (before === undefined) return { received: false, sent: false, ackIn: false, ackOut: false };
  const dataIn = info.dataSegmentsIn - before.dataSegmentsIn;
  const dataOut = info.dataSegmentsOut - before.dataSegmentsOut;
  return {
    received: dataIn !== 0,
    sent: dataOut !== 0,
    // The counters wrap at 2^32, hence `| 0`.
    ackIn: ((info.segmentsIn - before.segmentsIn - dataIn) | 0) > 0,
    ackOut: ((info.segmentsOut - before.segmentsOut - dataOut) | 0) > 0,
  };
}

const NO_ACKS = { in: false, out: false } as const;

function gatherEvidence(
  before: Watched | undefined,
  state: TcpState,
  info: TcpInfo,
  moved: Moved,
): TieEvidence {
  const unseen = { within: undefined, after: NO_ACKS };
  if (before === undefined) return unseen;
  const closed = PEER_CLOSED.has(state);
  if (moved.received || moved.sent) {
    return closed ? unseen : { within: { in: moved.ackIn, out: moved.ackOut }, after: NO_ACKS };
  }
  if (closed || info.lastDataReceivedMs >= LAST_ACK_AFTER_MS) return before.tie;
  const { within, after } = before.tie;
  return { within, after: { in: after.in || moved.ackIn, out: after.out || moved.ackOut } };
}

function judge(
  socket: Socket,
  info: TcpInfo,
  tie: TieEvidence,
  sends: number,
  doubtMs: number,
): Activity['verdict'] {
  if (hasBytes(socket)) return 'in flight';
  if (SELF_CLOSED.has(socket.state)) return 'idle';
  if (sends >= 2 && info.lastDataSentMs < STREAM_ENDS_MS) return 'in flight';
  if (info.dataSegmentsIn === 0) return 'idle';
  if (info.dataSegmentsOut === 0 || info.lastDataReceivedMs < info.lastDataSentMs) return 'in flight';
  if (info.lastDataSentMs < info.lastDataReceivedMs) return 'idle';
  return judgeTie(info, tie, doubtMs);
}

/** Whether bytes are unread, unsent or unacknowledged, the FINs not counted. */
function hasBytes({ state, unread, unacknowledged }: Socket): boolean {
  if (SELF_CLOSED.has(state)) return unacknowledged > 1;
  return unacknowledged > 0 || unread > (PEER_CLOSED.has(state) ? 1 : 0);
}
