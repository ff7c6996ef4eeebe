import type { DumpRequest, EndFilter } from '../../../lib/connections/inet-diag-request.ts';
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
  /** @returns the lists of one moment, made as they are asked for. */
  lists(): SocketLists;
  /** What became of those of an earlier list. Only by netlink. */
  lookUp(sockets: readonly Socket[]): Parsed<LookedUp>;
  close(): void;
}

/** The lists of one moment. Once netlink has failed they all come from /proc, which is read one time only. */
export interface SocketLists {
  listening(): Parsed<readonly Socket[]>;
  /** Those that listen, are established or half closed at these ports, on their own side. */
  serving(localPorts: ReadonlySet<number>): Listing;
  /** Those in TIME-WAIT that match; without netlink, all of them. */
  timeWait(anyOf: readonly EndFilter[]): Parsed<readonly Socket[]>;
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
  return {
    lists: () => listsOf(netlink, sources.readProcSockets),
    lookUp: sockets => (netlink.ok ? netlink.value.lookUp(sockets) : netlink),
    close: () => netlink.ok && netlink.value.close(),
  };
}

function listsOf(netlink: Parsed<Netlink>, readProc: ReaderSources['readProcSockets']): SocketLists {
  let proc: Listing | undefined;
  const list = (request: DumpRequest): Listing => {
    if (proc === undefined) {
      const dumped = netlink.ok ? netlink.value.dump(request) : netlink;
      if (dumped.ok) return { source: 'sock_diag', because: undefined, sockets: dumped };
      proc = listingOf(dumped.problems.join('; '), readProc());
    }
    return only(proc, ({ state }) => request.states.includes(state));
  };
  return {
    listening: () => list({ states: ['listen'], info: false }).sockets,
    serving: ports => {
      const all = list({ states: SERVING, info: true, anyOf: localPortFilters(ports) });
      return only(all, ({ local }) => ports.has(local.port));
    },
    timeWait: anyOf => list({ states: ['time-wait'], info: false, anyOf }).sockets,
  };
}

function only(listing: Listing, isWanted: (socket: Socket) => boolean): Listing {
  const { sockets } = listing;
  return sockets.ok ? { ...listing, sockets: parsed(sockets.value.filter(isWanted)) } : listing;
}

function listingOf(because: string, read: Parsed<readonly Socket[]>): Listing {
  if (read.ok) return { source: '/proc/net/tcp', because, sockets: read };
  return { source: 'none', because, sockets: unparsed(because, ...read.problems) };
}

function localPortFilters(ports: ReadonlySet<number>): EndFilter[] {
  return ports.size > MOST_FILTERED_PORTS ? [] : [...ports].map(port => ({ end: 'local', port }));
}
