import { getSystemErrorName } from 'node:util';
import {
  type DumpPart,
  type KnownSockets,
  parseDump,
  parseLookUp,
} from '../../../lib/connections/inet-diag.ts';
import {
  type DumpRequest,
  dumpRequest,
  lookUpRequest,
  setSequence,
} from '../../../lib/connections/inet-diag-request.ts';
import type { Socket } from '../../../lib/connections/socket.ts';
import { messageOf } from '../../../lib/message-of.ts';
import { type Parsed, parsed, unparsed } from '../../../lib/parsed.ts';

// The kernel's own list of TCP sockets, by NETLINK_SOCK_DIAG, which needs no privilege. The first part of a dump is
// made within `send`, each further one within the `recv` before it (`netlink_dump` in `net/netlink/af_netlink.c`):
// so the calls are synchronous and none waits.

// `include/linux/socket.h`, `include/uapi/linux/netlink.h`; the same on amd64 and arm64.
const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 0o2000003;
const NETLINK_SOCK_DIAG = 4;
const MSG_DONTWAIT = 0x40;
/** The kernel fills datagrams of at most 32 KiB. */
const RECEIVE_BYTES = 65_536;
/** A dump takes 1 ms for 400 connections, but a busy machine may stop us in the middle of it. */
const DUMP_WITHIN_MS = 500;
/** Their answers, some 1 KiB each, wait in the socket's receive buffer, of 208 KiB by default. */
const MOST_LOOKUPS = 64;
const MOST_MESSAGES = 16;

/** The system calls that are needed. Each returns -1 where it failed; then `errno` says why. */
export interface SystemCalls {
  socket(domain: number, type: number, protocol: number): number;
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
      send: libc.func('intptr_t send(int, const void *, size_t, int)'),
      recv: libc.func('intptr_t recv(int, _Out_ void *, size_t, int)'),
      close: libc.func('int close(int)'),
      errno,
    });
  } catch (error) {
    return unparsed(`koffi cannot be loaded: ${messageOf(error)}`);
  }
}

/** What became of sockets. */
export interface LookedUp {
  /** Those that are not gone: as they are now, or as they were where no segment came or went. */
  readonly left: readonly Socket[];
  /** Those of them that a segment came to or went from. */
  readonly moved: readonly Socket[];
}

/** Asks the kernel. After a failure the socket is opened anew: an answer may be left in it. */
export class Netlink {
  readonly #calls: SystemCalls;
  readonly #clock: () => number;
  readonly #buffer = new Uint8Array(RECEIVE_BYTES);
  #sequence = 0;
  #fd: number | undefined;
  /** By what they ask for: in a drain the same few go out again and again, and making one takes 0.1 ms. */
  readonly #messages = new Map<string, Uint8Array>();
  /** Of the last dump that asked for `info`: such dumps come again and again. */
  #known: KnownSockets = new Map();

  /** @param clock in ms, from any beginning. */
  constructor(calls: SystemCalls, clock: () => number = () => performance.now()) {
    this.#calls = calls;
    this.#clock = clock;
  }

  /**
   * Asks once more where the first answer fails, for most faults pass at once; both within one deadline.
   * @returns the sockets asked for, or why they could not be had: refused, cut short, timed out.
   */
  dump(request: DumpRequest): Parsed<readonly Socket[]> {
    const until = this.#clock() + DUMP_WITHIN_MS;
    const dumped = this.#dumpOnce(request, until);
    return dumped.ok || this.#clock() >= until ? dumped : this.#dumpOnce(request, until);
  }

  #dumpOnce(request: DumpRequest, until: number): Parsed<readonly Socket[]> {
    this.#sequence = (this.#sequence + 1) >>> 0;
    const message = this.#messageFor(request);
    setSequence(message, this.#sequence);
    const problem = this.#send(message);
    if (problem !== undefined) return this.#failed(problem);
    const sockets: Socket[] = [];
    do {
      const bytes = this.#receive();
      if (typeof bytes === 'string') return this.#failed(bytes);
      const read = parseDump(bytes, this.#sequence, this.#known);
      if (read.type === 'problem') return this.#failed(describe(read));
      for (const socket of read.sockets) sockets.push(socket);
      if (read.type === 'done') {
        if (request.info) this.#known = new Map(sockets.map(socket => [socket.cookie ?? 0, socket]));
        return parsed(sockets);
      }
    } while (this.#clock() < until);
    return this.#failed(`The list of sockets did not end within ${DUMP_WITHIN_MS} ms`);
  }

  #messageFor(request: DumpRequest): Uint8Array {
    const key = JSON.stringify(request);
    const message = this.#messages.get(key) ?? dumpRequest(request);
    if (this.#messages.size === MOST_MESSAGES) this.#messages.clear();
    this.#messages.set(key, message);
    return message;
  }

  /** Looks up the sockets of an earlier dump, each by itself. */
  lookUp(sockets: readonly Socket[]): Parsed<LookedUp> {
    const left: Socket[] = [];
    const moved: Socket[] = [];
    for (let from = 0; from < sockets.length; from += MOST_LOOKUPS) {
      const some = sockets.slice(from, from + MOST_LOOKUPS);
      const handles = some.map(({ handle }) => handle).filter(handle => handle !== undefined);
      const problem = this.#send(lookUpRequest(handles));
      if (problem !== undefined) return this.#failed(problem);
      // Each is answered by one datagram, in this order.
      for (const socket of some) {
        const bytes = this.#receive();
        if (typeof bytes === 'string') return this.#failed(bytes);
        const read = parseLookUp(bytes, socket);
        if (read.type === 'problem') return this.#failed(read.problem);
        if (read.type === 'moved') moved.push(read.socket);
        if (read.type !== 'gone') left.push(read.type === 'moved' ? read.socket : socket);
      }
    }
    return parsed({ left, moved });
  }

  close(): void {
    if (this.#fd !== undefined) this.#calls.close(this.#fd);
    this.#fd = undefined;
  }

  /** @returns why it could not be sent. */
  #send(message: Uint8Array): string | undefined {
    const calls = this.#calls;
    if (this.#fd === undefined) {
      const fd = calls.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_SOCK_DIAG);
      if (fd < 0) return `A netlink socket was refused: ${errorName(calls.errno())}`;
      this.#fd = fd;
    }
    const sent = calls.send(this.#fd, message, message.length, 0);
    return sent < 0 ? `A list of sockets was refused: ${errorName(calls.errno())}` : undefined;
  }

  /** @returns one datagram, valid until the next; or why there is none. */
  #receive(): Uint8Array | string {
    const length = this.#calls.recv(this.#fd ?? -1, this.#buffer, RECEIVE_BYTES, MSG_DONTWAIT);
    if (length > 0) return this.#buffer.subarray(0, length);
    const because = length === 0 ? 'nothing came' : errorName(this.#calls.errno());
    return `The list of sockets broke off: ${because}`;
  }

  #failed(problem: string): Parsed<never> {
    this.close();
    return unparsed(problem);
  }
}

function describe({ problem, errno }: Extract<DumpPart, { readonly type: 'problem' }>): string {
  return errno === undefined ? problem : `${problem}: ${errorName(errno)}`;
}

/** @returns `EPERM`; any number gives a text. */
function errorName(errno: number): string {
  return errno > 0 && errno < 4096 ? getSystemErrorName(-errno) : `errno ${errno}`;
}
