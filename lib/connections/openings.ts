import { connectionName, type Socket } from './socket.ts';

// How many different connections have been opened, told from lists of sockets. Even the shortest connection that was
// closed in the ordinary way can be counted so: one of its ends stays in TIME-WAIT for a minute. One that was reset
// between two lists leaves no trace.

/** TCP_TIMEWAIT_LEN, `include/net/tcp.h`. */
export const TIME_WAIT_MS = 60_000;

/** The state of the count. */
export interface Openings {
  /** How many were opened since the count began. */
  readonly total: number;
  readonly known: ReadonlyMap<string, Known>;
}

interface Known {
  /** Those of its sockets at the last look, as far as they were told. */
  readonly cookies: readonly number[];
  readonly isClosed: boolean;
  readonly firstAt: number;
  /** When its opener said so; then it is not forgotten where no list shows it. */
  readonly reportedAt: number | undefined;
}

/** A connection that the agent itself opened, said by whoever opened it. */
export interface Report {
  /** As by `connectionName`. */
  readonly name: string;
  readonly at: number;
}

/** A list shows a connection before its opener has reported it, but hardly this long before. */
const REPORT_WITHIN_MS = 1000;

/** Begins to count: what there is already is known, and not counted. */
export function beginOpenings(sockets: Iterable<Socket>, reports: Iterable<Report>, now: number): Openings {
  const none = { total: 0, known: new Map<string, Known>() };
  const reported = [...reports].reduce(noteOpening, none);
  return { ...countOpenings(reported, sockets, now), total: 0 };
}

/** @param sockets all sockets of the kind that is counted, with those in TIME-WAIT; both ends or one. */
export function countOpenings({ total, known }: Openings, sockets: Iterable<Socket>, now: number): Openings {
  const endsOf = Map.groupBy(sockets, connectionName);
  const next = new Map<string, Known>();
  let opened = total;
  for (const [name, ends] of endsOf) {
    const cookies = ends.flatMap(({ cookie }) => cookie ?? []);
    const before = known.get(name);
    const isClosed = ends.every(({ state }) => state === 'time-wait');
    const isSame = before !== undefined && isContinued(before, cookies, isClosed);
    if (!isSame) opened++;
    const { firstAt, reportedAt } = isSame ? before : { firstAt: now, reportedAt: undefined };
    next.set(name, { cookies, isClosed, firstAt, reportedAt });
  }
  for (const [name, before] of known) {
    const isRecent = before.reportedAt !== undefined && now - before.reportedAt < TIME_WAIT_MS;
    if (isRecent && !next.has(name)) next.set(name, before);
  }
  return { total: opened, known: next };
}

/**
 * The same ends may be used again for another connection, with other sockets. But the socket that a closed connection
 * leaves behind may be another than the one seen before: of its two ends, either may be in the list.
 */
function isContinued(before: Known, cookies: readonly number[], isClosed: boolean): boolean {
  if (before.isClosed !== isClosed) return isClosed;
  const isUntold = before.cookies.length === 0 || cookies.length === 0;
  return isUntold || cookies.some(cookie => before.cookies.includes(cookie));
}

/** Counts a connection as its opener reports it, unless a list has just shown it. */
export function noteOpening({ total, known }: Openings, { name, at }: Report): Openings {
  const before = known.get(name);
  const isKnown =
    before !== undefined && before.reportedAt === undefined && at - before.firstAt < REPORT_WITHIN_MS;
  const noted = isKnown
    ? { ...before, reportedAt: at }
    : { cookies: [], isClosed: false, firstAt: at, reportedAt: at };
  return { total: isKnown ? total : total + 1, known: new Map(known).set(name, noted) };
}

/**
 * @returns how long ago connections were opened, in ms, each of them once: by the reports, or else by the sockets in
 * TIME-WAIT, which tell when they ended. Most connections are short, and as long as as many are open as before, as
 * many have ended as were opened.
 */
export function agesOfOpenings(sockets: Iterable<Socket>, reports: Iterable<Report>, now: number): number[] {
  const ages = new Map<string, number>();
  for (const socket of sockets) {
    if (socket.state === 'time-wait') ages.set(connectionName(socket), TIME_WAIT_MS - socket.timerMs);
  }
  for (const { name, at } of reports) ages.set(name, now - at);
  return [...ages.values()];
}
