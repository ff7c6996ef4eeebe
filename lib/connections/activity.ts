import { compareInfo, gatherEvidence, type Habit, learnHabit, type Moved } from './evidence.ts';
import type { Socket, TcpInfo, TcpState } from './socket.ts';
import { judgeTie, type TieEvidence } from './tie.ts';

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
  /** Its socket's, once it was told. */
  readonly cookie: number | undefined;
  /** What its data told, as of the last look that told of them. */
  readonly watched: Watched | undefined;
}

interface Watched {
  readonly at: number;
  readonly info: TcpInfo;
  readonly tie: TieEvidence;
  /** What it surely did at that look; undefined where only bytes on their way, or too little, is known. */
  readonly sure: 'in flight' | 'idle' | undefined;
  readonly habit: Habit | undefined;
  /** When a look last could not tell, or had more to tell apart than one segment: then looks should come more often. */
  readonly unclearAt: number | undefined;
  readonly begunAt: number | undefined;
  /** In how many samples it had sent, since it last received. */
  readonly sends: number;
  /** Whether it has sent since the request in hand came. */
  readonly answered: boolean;
}

/** What has sent in so many samples since it last received is a stream; without more for this long it has ended. */
const STREAM_SENDS = 2;
const STREAM_ENDS_MS = 1000;

/** The peer's FIN has come: it looks like an ACK, and counts as an unread byte. */
const PEER_CLOSED: ReadonlySet<TcpState> = new Set(['close-wait', 'closing', 'last-ack']);
/** Our program has said its last: only what is still on its way is in flight. */
const SELF_CLOSED: ReadonlySet<TcpState> = new Set(['fin-wait-1', 'fin-wait-2', 'closing', 'last-ack']);

/**
 * @param before what the last look gave.
 * @param sockets the server's ends of connections; neither listening, nor in TIME-WAIT, nor still connecting.
 * @param now when they were read, in ms since the epoch.
 * @returns what is known of these sockets, by their names; others are forgotten.
 */
export function watchActivity(
  before: ReadonlyMap<string, Activity>,
  sockets: Iterable<Socket>,
  now: number,
  doubtMs: number,
): Map<string, Activity> {
  const activities = new Map<string, Activity>();
  for (const socket of sockets) {
    const known = before.get(socket.name);
    activities.set(socket.name, watch(isOther(known, socket) ? undefined : known, socket, now, doubtMs));
  }
  return activities;
}

/** The same ends may be used again, with another socket. Where the kernel does not tell, they are the same. */
function isOther(known: Activity | undefined, { cookie }: Socket): boolean {
  return cookie !== undefined && known?.cookie !== undefined && cookie !== known.cookie;
}

function watch(before: Activity | undefined, socket: Socket, now: number, doubtMs: number): Activity {
  const firstSeenAt = before?.firstSeenAt ?? now;
  const seen = { firstSeenAt, cookie: socket.cookie ?? before?.cookie };
  const known = before?.watched;
  const { info } = socket;
  if (info === undefined) {
    // Nothing is known but that it is connected: it counts, for unknown is not zero.
    const open = socket.state === 'established' || socket.state === 'close-wait';
    const begunAt = open ? (known?.begunAt ?? firstSeenAt) : undefined;
    return { ...seen, verdict: open ? 'in flight' : 'idle', begunAt, watched: known };
  }
  const moved = compareInfo(known?.info, info);
  // Of one that was only seen to be connected, it is not known: it may be a stream.
  const sentBefore = known?.sends ?? (before === undefined ? 0 : STREAM_SENDS);
  const sends = countSends(sentBefore, info, moved);
  const tie = gatherEvidence(known, PEER_CLOSED.has(socket.state), info, moved);
  const sure = judge(socket, info, tie);
  const isStream = sends >= STREAM_SENDS && info.lastDataSentMs < STREAM_ENDS_MS;
  const verdict = hasBytes(socket) || isStream ? 'in flight' : (sure ?? doubt(info, doubtMs));
  const isSureIdle = sure === 'idle' && verdict === 'idle';
  const habit = isSureIdle ? learnHabit(known?.habit, info) : known?.habit;
  const isUnclear = sure === undefined || moved.dataIn > 1;
  const unclearAt = isUnclear ? now : known?.unclearAt;
  const watched = { at: now, info, tie, sends, sure: hasBytes(socket) ? undefined : sure, habit, unclearAt };
  if (verdict === 'idle') {
    const begunAt = undefined;
    return { ...seen, verdict, begunAt, watched: { ...watched, begunAt, answered: false } };
  }
  const isNew = known?.begunAt === undefined || (moved.received && (moved.sent || known.answered));
  const begunAt = isNew ? begins(info, known?.at, firstSeenAt, now) : known.begunAt;
  const answered = isNew ? false : moved.sent || known.answered;
  return { ...seen, verdict, begunAt, watched: { ...watched, begunAt, answered } };
}

/** What was sent in the interval in which something came, counts only where it is known to have been sent after it. */
function countSends(before: number, info: TcpInfo, { received, sent }: Moved): number {
  if (!received) return before + (sent ? 1 : 0);
  return sent && info.lastDataSentMs < info.lastDataReceivedMs ? 1 : 0;
}

/**
 * When the last byte came; but not before the last look at its data, which saw the connection without this request.
 * Without such a look it may have begun as soon as the connection was seen.
 */
function begins(info: TcpInfo, lookedAt: number | undefined, firstSeenAt: number, now: number): number {
  const lastByteAt = now - (info.dataSegmentsIn === 0 ? info.lastDataSentMs : info.lastDataReceivedMs);
  return lookedAt === undefined ? Math.min(lastByteAt, firstSeenAt) : Math.max(lastByteAt, lookedAt);
}

/** @returns what the order of its data tells; undefined where it does not. */
function judge({ state }: Socket, info: TcpInfo, tie: TieEvidence): 'in flight' | 'idle' | undefined {
  if (SELF_CLOSED.has(state) || info.dataSegmentsIn === 0) return 'idle';
  if (info.dataSegmentsOut === 0 || info.lastDataReceivedMs < info.lastDataSentMs) return 'in flight';
  return info.lastDataSentMs < info.lastDataReceivedMs ? 'idle' : judgeTie(info, tie);
}

/** Idle connections stay ties for ever, so doubt must end. */
function doubt({ lastDataReceivedMs }: TcpInfo, doubtMs: number): 'in doubt' | 'idle' {
  return lastDataReceivedMs < doubtMs ? 'in doubt' : 'idle';
}

/** Whether bytes are unread, unsent or unacknowledged, the FINs not counted. */
function hasBytes({ state, unread, unacknowledged }: Socket): boolean {
  if (SELF_CLOSED.has(state)) return unacknowledged > 1;
  return unacknowledged > 0 || unread > (PEER_CLOSED.has(state) ? 1 : 0);
}
