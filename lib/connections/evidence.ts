import type { TcpInfo } from './socket.ts';
import { LAST_ACK_WITHIN_MS, type TieEvidence } from './tie.ts';

// Gathers, from look to look, what will tell the order of a connection's last data, should it be a tie.

/** What the last look gave. */
export interface Before {
  readonly info: TcpInfo;
  readonly tie: TieEvidence;
  readonly sure: 'in flight' | 'idle' | undefined;
  readonly habit: Habit | undefined;
}

/** How many data segments came more than went, the last time the connection was surely idle. */
export interface Habit {
  readonly surplus: number;
  readonly dataSegmentsIn: number;
  /** How often that was the same again after further requests: then each had one segment, and so had its answer. */
  readonly times: number;
}

/** So often a habit must have held to go by it. */
const HABIT_TIMES = 2;

/** A request after which nothing came for this long has come whole. */
const WAITING_MS = 50;

/** What happened between two looks. */
export interface Moved {
  readonly received: boolean;
  readonly sent: boolean;
  readonly ackIn: boolean;
  readonly ackOut: boolean;
  /** Data segments. */
  readonly dataIn: number;
  readonly dataOut: number;
}

const STILL: Moved = { received: false, sent: false, ackIn: false, ackOut: false, dataIn: 0, dataOut: 0 };

/** @returns what happened since the last look; nothing where there was none. */
export function compareInfo(before: TcpInfo | undefined, info: TcpInfo): Moved {
  if (before === undefined) return STILL;
  // The counters wrap at 2^32, hence `| 0`.
  const dataIn = (info.dataSegmentsIn - before.dataSegmentsIn) | 0;
  const dataOut = (info.dataSegmentsOut - before.dataSegmentsOut) | 0;
  return {
    received: dataIn !== 0,
    sent: dataOut !== 0,
    ackIn: ((info.segmentsIn - before.segmentsIn - dataIn) | 0) > 0,
    ackOut: ((info.segmentsOut - before.segmentsOut - dataOut) | 0) > 0,
    dataIn,
    dataOut,
  };
}

const NO_ACKS = { in: false, out: false } as const;
const UNSEEN: TieEvidence = {
  within: undefined,
  after: NO_ACKS,
  acknowledgedLater: false,
  counted: undefined,
};

/** @param isClosed the peer has closed its side: its FIN looks like an ACK, so that ACKs tell nothing any more. */
export function gatherEvidence(
  before: Before | undefined,
  isClosed: boolean,
  info: TcpInfo,
  moved: Moved,
): TieEvidence {
  const isNewData = moved.received || moved.sent;
  if (isClosed) return before === undefined || isNewData ? UNSEEN : before.tie;
  const ackAfterMs = info.lastDataReceivedMs - info.lastAckReceivedMs;
  const acknowledgedLater = ackAfterMs > 0 && ackAfterMs < LAST_ACK_WITHIN_MS;
  if (before === undefined) return { ...UNSEEN, acknowledgedLater };
  if (isNewData) {
    const within = { in: moved.ackIn, out: moved.ackOut };
    return { within, after: NO_ACKS, acknowledgedLater, counted: countRequests(before, info, moved) };
  }
  if (info.lastDataReceivedMs >= LAST_ACK_WITHIN_MS) return before.tie;
  const { within, after, counted } = before.tie;
  return {
    within,
    counted,
    after: { in: after.in || moved.ackIn, out: after.out || moved.ackOut },
    acknowledgedLater: acknowledgedLater || before.tie.acknowledgedLater,
  };
}

/**
 * One segment holds no more than one request, or one answer. So an idle connection that received one, and sent, has
 * answered; and one whose request had been waiting, and that sent one and received, has the next request. Where each
 * has had one so far, one more that came than went is a request.
 */
function countRequests(
  { sure, info: before, habit }: Before,
  info: TcpInfo,
  { dataIn, dataOut }: Moved,
): 'in flight' | 'idle' | undefined {
  if (sure === 'idle' && dataIn === 1) return 'idle';
  // What came just before may have been a part of the same request, as in an upload.
  const wasWaiting = sure === 'in flight' && before.lastDataReceivedMs >= WAITING_MS;
  if (wasWaiting && dataOut === 1) return 'in flight';
  const isHabit = habit !== undefined && habit.times >= HABIT_TIMES;
  return isHabit && surplusOf(info) === ((habit.surplus + 1) | 0) ? 'in flight' : undefined;
}

/** @param info of a connection that is surely idle. */
export function learnHabit(habit: Habit | undefined, info: TcpInfo): Habit {
  const { dataSegmentsIn } = info;
  const surplus = surplusOf(info);
  if (habit === undefined || surplus !== habit.surplus) return { surplus, dataSegmentsIn, times: 0 };
  return dataSegmentsIn === habit.dataSegmentsIn
    ? habit
    : { surplus, dataSegmentsIn, times: habit.times + 1 };
}

function surplusOf({ dataSegmentsIn, dataSegmentsOut }: TcpInfo): number {
  return (dataSegmentsIn - dataSegmentsOut) | 0;
}
