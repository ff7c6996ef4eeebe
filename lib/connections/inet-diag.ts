import { formatAddress } from './address.ts';
import { NETLINK_HEADER_BYTES, TCPDIAG_GETSOCK } from './inet-diag-request.ts';
import { type End, type Socket, type TcpInfo, tcpState } from './socket.ts';

// Reads the answer to a request for a dump: `struct inet_diag_msg` (`include/uapi/linux/inet_diag.h`) and, in its
// attribute INET_DIAG_INFO, `struct tcp_info` (`include/uapi/linux/tcp.h`), both at fixed offsets that only ever grew.
// Invariant: any bytes give sockets or a problem, never a throw.

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_DUMP_INTR = 0x10;
const INET_DIAG_MSG_BYTES = 72;
const INET_DIAG_INFO = 2;
/** Up to `tcpi_data_segs_out`, there since Linux 4.6. */
const TCP_INFO_BYTES = 160;
const AF_INET = 2;
const AF_INET6 = 10;

/** What one datagram of the answer held. After `more` another one comes. */
export type DumpPart =
  | { readonly type: 'more' | 'done'; readonly sockets: readonly Socket[] }
  /** `errno` is the kernel's, where it refused. */
  | { readonly type: 'problem'; readonly problem: string; readonly errno?: number };

/**
 * @param bytes one datagram, as received.
 * @param sequence that of the request; parts of an earlier answer are left out.
 */
export function parseDump(bytes: Uint8Array, sequence: number): DumpPart {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sockets: Socket[] = [];
  for (let at = 0; at + NETLINK_HEADER_BYTES <= bytes.length; ) {
    const length = view.getUint32(at, true);
    if (length < NETLINK_HEADER_BYTES || at + length > bytes.length) return problem('is cut short');
    const part = new DataView(view.buffer, view.byteOffset + at, length);
    const ended = part.getUint32(8, true) === sequence ? readMessage(part, sockets) : undefined;
    if (ended !== undefined) return ended;
    at += (length + 3) & ~3;
  }
  return { type: 'more', sockets };
}

/** @returns undefined where the answer goes on. */
function readMessage(message: DataView, sockets: Socket[]): DumpPart | undefined {
  // Sockets may be missing from such a dump, or be in it twice (`include/net/netlink.h`, nl_dump_check_consistent).
  if (message.getUint16(6, true) & NLM_F_DUMP_INTR) return problem('was interrupted');
  const type = message.getUint16(4, true);
  if (type === NLMSG_ERROR || type === NLMSG_DONE) {
    // Both begin with a negative error number, zero for success; older kernels leave it out of NLMSG_DONE.
    const code =
      message.byteLength < NETLINK_HEADER_BYTES + 4 ? 0 : message.getInt32(NETLINK_HEADER_BYTES, true);
    if (code < 0) return { ...problem(`is a refusal (errno ${-code})`), errno: -code };
    return type === NLMSG_DONE ? { type: 'done', sockets } : problem('is an acknowledgement without sockets');
  }
  if (type !== TCPDIAG_GETSOCK) return undefined;
  if (message.byteLength < NETLINK_HEADER_BYTES + INET_DIAG_MSG_BYTES) return problem('is cut short');
  const socket = readSocket(message);
  if (socket === undefined) return problem('has a socket of an unknown kind');
  sockets.push(socket);
  return undefined;
}

function readSocket(message: DataView): Socket | undefined {
  const at = NETLINK_HEADER_BYTES;
  const state = tcpState(message.getUint8(at + 1));
  const family = message.getUint8(at);
  if (state === undefined || (family !== AF_INET && family !== AF_INET6)) return undefined;
  return {
    // The socket's cookie: the kernel never gives it out twice (`sock_gen_cookie`).
    key: `${message.getUint32(at + 48, true)}.${message.getUint32(at + 44, true)}`,
    state,
    local: readEnd(message, family, at + 8, at + 4),
    remote: readEnd(message, family, at + 24, at + 6),
    timerMs: message.getUint32(at + 52, true),
    unread: message.getUint32(at + 56, true),
    unacknowledged: message.getUint32(at + 60, true),
    inode: message.getUint32(at + 68, true),
    info: readTcpInfo(message),
  };
}

function readEnd(message: DataView, family: number, addressAt: number, portAt: number): End {
  const length = family === AF_INET ? 4 : 16;
  const address = new Uint8Array(message.buffer, message.byteOffset + addressAt, length);
  return { address: formatAddress(address), port: message.getUint16(portAt) };
}

function readTcpInfo(message: DataView): TcpInfo | undefined {
  for (let at = NETLINK_HEADER_BYTES + INET_DIAG_MSG_BYTES; at + 4 <= message.byteLength; ) {
    const length = message.getUint16(at, true);
    if (length < 4 || at + length > message.byteLength) return undefined;
    if (message.getUint16(at + 2, true) === INET_DIAG_INFO) {
      return length - 4 < TCP_INFO_BYTES ? undefined : tcpInfo(message, at + 4);
    }
    at += (length + 3) & ~3;
  }
  return undefined;
}

function tcpInfo(view: DataView, at: number): TcpInfo {
  return {
    lastDataSentMs: view.getUint32(at + 44, true),
    lastDataReceivedMs: view.getUint32(at + 52, true),
    lastAckReceivedMs: view.getUint32(at + 56, true),
    segmentsOut: view.getUint32(at + 136, true),
    segmentsIn: view.getUint32(at + 140, true),
    dataSegmentsIn: view.getUint32(at + 152, true),
    dataSegmentsOut: view.getUint32(at + 156, true),
  };
}

function problem(what: string): { readonly type: 'problem'; readonly problem: string } {
  return { type: 'problem', problem: `The kernel's answer ${what}` };
}
