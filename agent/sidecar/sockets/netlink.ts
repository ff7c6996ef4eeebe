import { getSystemErrorName } from 'node:util';
import { parseDump } from '../../../lib/connections/inet-diag.ts';
import { type DumpRequest, dumpRequest } from '../../../lib/connections/inet-diag-request.ts';
import type { Socket } from '../../../lib/connections/socket.ts';
import { type Parsed, parsed, unparsed } from '../../../lib/settings/parsed.ts';

// The kernel's own list of TCP sockets, by NETLINK_SOCK_DIAG, which needs no privilege. A dump is answered within the
// calls themselves, so they are synchronous; the time limit is for a kernel that does not keep to that.

// `include/uapi/linux/{socket,netlink}.h`, `include/uapi/asm-generic/socket.h`; the same on amd64 and arm64.
const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 0o2000003;
const NETLINK_SOCK_DIAG = 4;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const RECEIVE_TIMEOUT_MS = 250;
/** The kernel fills datagrams of at most 32 KiB. */
const RECEIVE_BYTES = 65_536;
const MOST_PARTS = 4096;
const EINTR = 4;

/** A netlink socket. */
export interface Netlink {
  /** @returns the sockets asked for, or why they could not be had: refused, cut short, timed out. */
  dump(request: Omit<DumpRequest, 'sequence'>): Parsed<readonly Socket[]>;
  close(): void;
}

/** The system calls that are needed. Each returns -1 where it failed; then `errno` says why. */
export interface SystemCalls {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number;
  send(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  recv(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  close(fd: number): number;
  errno(): number;
}

/** Loads koffi, which takes 14 ms and 8 MiB: so only once somebody drains. */
export async function loadSystemCalls(): Promise<Parsed<SystemCalls>> {
  try {
    const { load, errno } = await import('koffi');
    const libc = load(null);
    return parsed({
      socket: libc.func('int socket(int, int, int)'),
      setsockopt: libc.func('int setsockopt(int, int, int, const void *, uint32_t)'),
      send: libc.func('intptr_t send(int, const void *, size_t, int)'),
      recv: libc.func('intptr_t recv(int, _Out_ void *, size_t, int)'),
      close: libc.func('int close(int)'),
      errno,
    });
  } catch (error) {
    return unparsed(`koffi cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Opens a netlink socket. */
export function openNetlink(calls: SystemCalls): Parsed<Netlink> {
  const fd = calls.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd < 0) return unparsed(`A netlink socket was refused: ${errorName(calls.errno())}`);
  const timeout = new DataView(new ArrayBuffer(16));
  timeout.setBigInt64(8, BigInt(RECEIVE_TIMEOUT_MS * 1000), true);
  calls.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, new Uint8Array(timeout.buffer), timeout.byteLength);
  const buffer = new Uint8Array(RECEIVE_BYTES);
  let sequence = 0;
  return parsed({
    dump: request => {
      sequence = (sequence + 1) >>> 0;
      const message = dumpRequest({ ...request, sequence });
      const sent = calls.send(fd, message, message.length, 0);
      return sent < 0
        ? unparsed(`A list of sockets was refused: ${errorName(calls.errno())}`)
        : receive(calls, fd, buffer, sequence);
    },
    close: () => void calls.close(fd),
  });
}

function receive(
  calls: SystemCalls,
  fd: number,
  buffer: Uint8Array,
  sequence: number,
): Parsed<readonly Socket[]> {
  const sockets: Socket[] = [];
  for (let part = 0; part < MOST_PARTS; part++) {
    const length = calls.recv(fd, buffer, buffer.length, 0);
    if (length < 0 && calls.errno() === EINTR) continue;
    if (length <= 0) {
      return unparsed(
        `The list of sockets broke off: ${length === 0 ? 'nothing came' : errorName(calls.errno())}`,
      );
    }
    const read = parseDump(buffer.subarray(0, length), sequence);
    if (read.type === 'problem') {
      return unparsed(read.errno === undefined ? read.problem : `${read.problem}: ${errorName(read.errno)}`);
    }
    for (const socket of read.sockets) sockets.push(socket);
    if (read.type === 'done') return parsed(sockets);
  }
  return unparsed(`The list of sockets did not end within ${MOST_PARTS} parts`);
}

/** @returns `EPERM`; any number gives a text. */
function errorName(errno: number): string {
  return errno > 0 && errno < 4096 ? getSystemErrorName(-errno) : `errno ${errno}`;
}
