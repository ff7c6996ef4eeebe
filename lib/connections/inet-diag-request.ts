import { parseAddress } from './address.ts';
import { stateBits, type TcpState } from './socket.ts';

// Layouts: `include/uapi/linux/netlink.h` and `include/uapi/linux/inet_diag.h`. Numbers are in the machine's byte
// order (little-endian on amd64 and arm64), addresses and ports of sockets in network order.

export const NETLINK_HEADER_BYTES = 16;

/**
 * `TCPDIAG_GETSOCK`, which lists IPv4 and IPv6 in one go. `SOCK_DIAG_BY_FAMILY` takes two, and each walks the whole
 * hash table of the *node's* connections: with 262,144 slots 0.4 ms against 0.8 ms.
 */
export const TCPDIAG_GETSOCK = 18;

/** The head of `struct inet_diag_msg`, up to the end of the socket's identity, which a request takes as it is. */
export const HANDLE_BYTES = 52;

const NLM_F_REQUEST = 1;
const NLM_F_DUMP = 0x300;
const REQUEST_BYTES = 60;
/** A bit set; INET_DIAG_INFO is 2. */
const ASK_FOR_INFO = 1 << 1;
const INET_DIAG_REQ_BYTECODE = 1;

/** Selects sockets by one of their ends: by its port, or by a range in which its address lies. */
export type EndFilter = { readonly end: 'local' | 'remote' } & (
  | { readonly port: number }
  | { readonly address: string; readonly prefixLength: number }
);

/** What to list. */
export interface DumpRequest {
  readonly states: readonly TcpState[];
  /** Also `struct tcp_info`. */
  readonly info: boolean;
  /** Where there are any: only sockets that match one of them. Checked by the kernel, so that the rest costs little. */
  readonly anyOf?: readonly EndFilter[];
}

/** @returns the netlink message that asks for a list of TCP sockets (`struct inet_diag_req`). */
export function dumpRequest({ states, info, anyOf = [] }: DumpRequest): Uint8Array {
  const filter = bytecode(anyOf);
  const size = NETLINK_HEADER_BYTES + REQUEST_BYTES;
  const bytes = new Uint8Array(size + (filter.length === 0 ? 0 : 4 + filter.length));
  const view = new DataView(bytes.buffer);
  writeHeader(view, 0, bytes.length, NLM_F_REQUEST | NLM_F_DUMP);
  if (info) view.setUint8(NETLINK_HEADER_BYTES + 3, ASK_FOR_INFO);
  view.setUint32(NETLINK_HEADER_BYTES + 52, stateBits(states), true);
  if (filter.length > 0) {
    view.setUint16(size, 4 + filter.length, true);
    view.setUint16(size + 2, INET_DIAG_REQ_BYTECODE, true);
    bytes.set(filter, size + 4);
  }
  return bytes;
}

/** @param sequence comes back in every message of the answer. */
export function setSequence(request: Uint8Array, sequence: number): void {
  new DataView(request.buffer, request.byteOffset).setUint32(8, sequence, true);
}

/**
 * @param handles of sockets of an earlier dump.
 * @returns netlink messages that ask for just these: 0.3 ms for 100, where a dump takes 0.8 ms.
 */
export function lookUpRequest(handles: readonly Uint8Array[]): Uint8Array {
  const size = NETLINK_HEADER_BYTES + REQUEST_BYTES;
  const bytes = new Uint8Array(size * handles.length);
  const view = new DataView(bytes.buffer);
  for (const [i, handle] of handles.entries()) {
    const at = i * size;
    bytes.set(handle, at + NETLINK_HEADER_BYTES);
    // Of the head, the family alone means the same in a request.
    view.setUint8(at + NETLINK_HEADER_BYTES + 1, 0);
    view.setUint16(at + NETLINK_HEADER_BYTES + 2, ASK_FOR_INFO << 8, true);
    writeHeader(view, at, size, NLM_F_REQUEST);
  }
  return bytes;
}

function writeHeader(view: DataView, at: number, length: number, flags: number): void {
  view.setUint32(at, length, true);
  view.setUint16(at + 4, TCPDIAG_GETSOCK, true);
  view.setUint16(at + 6, flags, true);
}

const OP_JUMP = 1;
const JUMP_BYTES = 4;
const OP_LOCAL = 7;
const OP_REMOTE = 8;
const ANY_PORT = -1;
const AF_UNSPEC = 0;
const FAMILY_BY_BYTES: ReadonlyMap<number, number> = new Map([
  [4, 2],
  [16, 10],
]);

/**
 * The kernel's filter program (`inet_diag_bc_run` in `net/ipv4/inet_diag.c`): each condition goes on by `yes` bytes
 * where it holds, by `no` where not. It accepts whoever arrives exactly at its end, and refuses whoever jumps 4 bytes
 * past it. `yes` must lead to the next operation, so each condition but the last is followed by a jump to the end.
 */
function bytecode(anyOf: readonly EndFilter[]): Uint8Array {
  const conditions = anyOf.map(endCondition).filter(condition => condition !== undefined);
  const jumps = Math.max(0, conditions.length - 1);
  const program = new Uint8Array(conditions.reduce((sum, { length }) => sum + length, jumps * JUMP_BYTES));
  let at = 0;
  for (const condition of conditions) {
    program.set(condition, at);
    at += condition.length;
    if (at === program.length) break;
    program.set(operation(OP_JUMP, JUMP_BYTES, program.length - at), at);
    at += JUMP_BYTES;
  }
  return program;
}

/** `struct inet_diag_hostcond`. An IPv4 range matches IPv4 inside IPv6 as well. */
function endCondition(filter: EndFilter): Uint8Array | undefined {
  const host = 'address' in filter ? parseAddress(filter.address) : new Uint8Array();
  if (host === undefined) return undefined;
  const condition = new Uint8Array(12 + host.length);
  const code = filter.end === 'local' ? OP_LOCAL : OP_REMOTE;
  condition.set(operation(code, condition.length, condition.length + 4));
  condition[4] = FAMILY_BY_BYTES.get(host.length) ?? AF_UNSPEC;
  condition[5] = 'address' in filter ? filter.prefixLength : 0;
  new DataView(condition.buffer).setInt32(8, 'port' in filter ? filter.port : ANY_PORT, true);
  condition.set(host, 12);
  return condition;
}

function operation(code: number, yes: number, no: number): Uint8Array {
  return Uint8Array.of(code, yes, no & 0xff, no >> 8);
}
