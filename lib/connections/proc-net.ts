import { type Parsed, parsed, unparsed } from '../parsed.ts';
import { formatAddress } from './address.ts';
import { type End, type Socket, socketName, tcpState } from './socket.ts';

// Where the kernel's dump is refused, its older texts tell what is connected, though not what is in flight.

/** `local remote state tx:rx timer:when retransmits uid timeout inode` (`get_tcp4_sock` in `net/ipv4/tcp_ipv4.c`). */
const LINE =
  /^\s*\d+: (?<local>[0-9A-F]+:[0-9A-F]{4}) (?<remote>[0-9A-F]+:[0-9A-F]{4}) (?<state>[0-9A-F]{2}) (?<tx>[0-9A-F]{8}):(?<rx>[0-9A-F]{8}) [0-9A-F]{2}:(?<when>[0-9A-F]{8}) [0-9A-F]{8}\s+\d+\s+\d+\s+(?<inode>\d+)(?: |$)/;

/** The unit of times in /proc: USER_HZ is 100 on every architecture that Node runs on. */
const TICK_MS = 10;

/** Reads `/proc/net/tcp` or `/proc/net/tcp6`. */
export function parseProcNetTcp(text: string): Parsed<readonly Socket[]> {
  const [heading, ...lines] = text.split('\n');
  if (!heading?.trimStart().startsWith('sl ')) return unparsed('It does not begin with the heading "sl"');
  const sockets: Socket[] = [];
  for (const line of lines) {
    if (line === '') continue;
    const socket = readLine(line);
    if (socket === undefined) return unparsed(`${JSON.stringify(line.slice(0, 80))} is not a socket`);
    sockets.push(socket);
  }
  return parsed(sockets);
}

function readLine(line: string): Socket | undefined {
  const { local, remote, state: number, tx, rx, when, inode } = LINE.exec(line)?.groups ?? {};
  const ends = { local: readEnd(local), remote: readEnd(remote) };
  const state = tcpState(hex(number));
  if (ends.local === undefined || ends.remote === undefined || state === undefined) return undefined;
  const { local: from, remote: to } = ends;
  return {
    cookie: undefined,
    name: socketName({ local: from, remote: to }),
    state,
    local: from,
    remote: to,
    unread: hex(rx),
    unacknowledged: hex(tx),
    timerMs: hex(when) * TICK_MS,
    inode: Number(inode),
    info: undefined,
    handle: undefined,
  };
}

/** The address is one or four 32-bit numbers in the machine's byte order, the port is a plain number. */
function readEnd(text: string | undefined): End | undefined {
  const [address = '', port] = text?.split(':') ?? [];
  if (address.length !== 8 && address.length !== 32) return undefined;
  const bytes = new Uint8Array(address.length / 2);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += 4) {
    view.setUint32(at, hex(address.slice(2 * at, 2 * at + 8)), true);
  }
  return { address: formatAddress(bytes), port: hex(port) };
}

function hex(text: string | undefined): number {
  return Number.parseInt(text ?? '', 16);
}

const TCP_COUNTERS = /^Tcp: (.*)\nTcp: (.*)$/m;

/**
 * Reads `/proc/net/snmp`.
 * @returns `PassiveOpens`: how many connections this network namespace has accepted, those already closed included.
 */
export function parsePassiveOpens(text: string): Parsed<number> {
  const [, names, values] = TCP_COUNTERS.exec(text) ?? [];
  const index = names?.split(' ').indexOf('PassiveOpens') ?? -1;
  const value = values?.split(' ')[index];
  if (index === -1 || value === undefined || !/^\d{1,15}$/.test(value)) {
    return unparsed('It has no number "PassiveOpens" of "Tcp"');
  }
  return parsed(Number(value));
}
