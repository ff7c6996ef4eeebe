import type { EndFilter } from '../../../lib/connections/inet-diag-request.ts';
import type { Socket, TcpState } from '../../../lib/connections/socket.ts';
import { type Parsed, parsed, unparsed } from '../../../lib/settings/parsed.ts';
import { loadSystemCalls, type Netlink, openNetlink, type SystemCalls } from './netlink.ts';
import { readProcSockets } from './proc.ts';

/** Where a list of sockets came from, and why not from a better place. */
export interface Listing {
  readonly source: 'sock_diag' | '/proc/net/tcp' | 'none';
  readonly because: string | undefined;
  readonly sockets: Parsed<readonly Socket[]>;
}

/** Lists the pod's TCP sockets: by netlink, or else from /proc; each time anew, so that a passing fault passes. */
export interface SocketReader {
  /** Those that listen, are connected or half closed. */
  list(): Listing;
  /** Those in TIME-WAIT that match; without netlink, all of them. */
  listTimeWait(anyOf: readonly EndFilter[]): Parsed<readonly Socket[]>;
  close(): void;
}

const LIVE: readonly TcpState[] = [
  'listen',
  'established',
  'fin-wait-1',
  'fin-wait-2',
  'close-wait',
  'last-ack',
  'closing',
];

/** The outside world, for tests. */
export interface ReaderSources {
  readonly loadSystemCalls: () => Promise<Parsed<SystemCalls>>;
  readonly readProcSockets: () => Parsed<readonly Socket[]>;
}

/** Loads what is needed to list sockets. Never fails: where nothing can be had, each list says so. */
export async function openSocketReader(
  sources: ReaderSources = { loadSystemCalls, readProcSockets },
): Promise<SocketReader> {
  const calls = await sources.loadSystemCalls();
  const netlink = calls.ok ? openNetlink(calls.value) : calls;
  const dump = (states: readonly TcpState[], info: boolean, anyOf?: readonly EndFilter[]): Listing =>
    dumpOrElse(netlink, sources.readProcSockets, states, info, anyOf);
  return {
    list: () => dump(LIVE, true),
    listTimeWait: anyOf => dump(['time-wait'], false, anyOf).sockets,
    close: () => netlink.ok && netlink.value.close(),
  };
}

function dumpOrElse(
  netlink: Parsed<Netlink>,
  readProc: ReaderSources['readProcSockets'],
  states: readonly TcpState[],
  info: boolean,
  anyOf: readonly EndFilter[] = [],
): Listing {
  const dumped = netlink.ok ? netlink.value.dump({ states, info, anyOf }) : netlink;
  if (dumped.ok) return { source: 'sock_diag', because: undefined, sockets: dumped };
  const because = dumped.problems.join('; ');
  const read = readProc();
  if (!read.ok) return { source: 'none', because, sockets: unparsed(because, ...read.problems) };
  const sockets = read.value.filter(({ state }) => states.includes(state));
  return { source: '/proc/net/tcp', because, sockets: parsed(sockets) };
}
