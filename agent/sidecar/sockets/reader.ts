import type { EndFilter } from '../../../lib/connections/inet-diag-request.ts';
import type { Socket, TcpState } from '../../../lib/connections/socket.ts';
import { type Parsed, parsed, unparsed } from '../../../lib/parsed.ts';
import { type LookedUp, loadSystemCalls, Netlink, type SystemCalls } from './netlink.ts';
import { readProcSockets } from './proc.ts';

/** Where a list of sockets came from, and why not from a better place. */
export interface Listing {
  readonly source: 'sock_diag' | '/proc/net/tcp' | 'none';
  readonly because: string | undefined;
  readonly sockets: Parsed<readonly Socket[]>;
}

/** Lists the pod's TCP sockets: by netlink, or else from /proc; each time anew, so that a passing fault passes. */
export interface SocketReader {
  listListening(): Parsed<readonly Socket[]>;
  /** Those that listen, are established or half closed at these ports, on their own side. */
  listServing(localPorts: ReadonlySet<number>): Listing;
  /** Those in TIME-WAIT that match; without netlink, all of them. */
  listTimeWait(anyOf: readonly EndFilter[]): Parsed<readonly Socket[]>;
  /** What became of those of an earlier list. Only by netlink. */
  lookUp(sockets: readonly Socket[]): Parsed<LookedUp>;
  close(): void;
}

const SERVING: readonly TcpState[] = [
  'listen',
  'established',
  'fin-wait-1',
  'fin-wait-2',
  'close-wait',
  'last-ack',
  'closing',
];
/**
 * For more, all are listed: the kernel checks a filter in the square of its length (`inet_diag_bc_audit`), which takes
 * 1 ms for 10 ports, 4 ms for 50 and 500 ms for 1000.
 */
const MOST_FILTERED_PORTS = 50;

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
  const netlink = calls.ok ? parsed(new Netlink(calls.value)) : calls;
  const dump = (states: readonly TcpState[], info: boolean, anyOf?: readonly EndFilter[]): Listing =>
    dumpOrElse(netlink, sources.readProcSockets, states, info, anyOf);
  return {
    listListening: () => dump(['listen'], false).sockets,
    // No port would be no filter, and whether anything can be read must be told all the same.
    listServing: ports =>
      ports.size === 0 ? dump(['listen'], false) : dump(SERVING, true, localPortFilters(ports)),
    listTimeWait: anyOf => dump(['time-wait'], false, anyOf).sockets,
    lookUp: sockets => (netlink.ok ? netlink.value.lookUp(sockets) : netlink),
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

function localPortFilters(ports: ReadonlySet<number>): EndFilter[] {
  return ports.size > MOST_FILTERED_PORTS ? [] : [...ports].map(port => ({ end: 'local', port }));
}
