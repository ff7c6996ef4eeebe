import { formatAddress } from './address.ts';
import { HANDLE_BYTES, NETLINK_HEADER_BYTES, TCPDIAG_GETSOCK } from './inet-diag-request.ts';
import { type End, type Socket, socketName, type TcpInfo, tcpState } from './socket.ts';

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
const ENOENT = 2;
const ESTALE = 116;
const GONE: ReadonlySet<number> = new Set([ENOENT, ESTALE]);
const AF_INET = 2;
const AF_INET6 = 10;

/** What one datagram of the answer held. After `more` another one comes. */
export type DumpPart =
  | { readonly type: 'more' | 'done'; readonly sockets: readonly Socket[] }
  /** `errno` is the kernel's, where it refused. */
  | { readonly type: 'problem'; readonly problem: string; readonly errno?: number };

/** What became of one socket. `quiet`: no segment came or went. */
export type LookUp =
  | { readonly type: 'moved'; readonly socket: Socket }
  | { readonly type: 'quiet' | 'gone' }
  | Extract<DumpPart, { readonly type: 'problem' }>;

/** Sockets by their cookies. */
export type KnownSockets = ReadonlyMap<number, Socket>;

/**
 * @param bytes one datagram, as received.
 * @param sequence that of the request; parts of an earlier answer are left out.
 * @param known of an earlier dump: what never changes of a socket is taken from there, which takes a third of the time.
 */
export function parseDump(bytes: Uint8Array, sequence: number, known: KnownSockets = new Map()): DumpPart {
  const view = viewOf(bytes);
  const sockets: Socket[] = [];
  for (let at = 0; at + NETLINK_HEADER_BYTES <= bytes.length; ) {
    const length = view.getUint32(at, true);
    if (length < NETLINK_HEADER_BYTES || at + length > bytes.length) return problem('is cut short');
    const body = { view, at: at + NETLINK_HEADER_BYTES, end: at + length, known };
    if (view.getUint32(at + 8, true) === sequence) {
      // Sockets may be missing from such a dump, or be in it twice (nl_dump_check_consistent, `include/net/netlink.h`).
      if (view.getUint16(at + 6, true) & NLM_F_DUMP_INTR) return problem('was interrupted');
      const ended = readMessage(view.getUint16(at + 4, true), body, sockets);
      if (ended !== undefined) return ended;
    }
    at += (length + 3) & ~3;
  }
  return { type: 'more', sockets };
}

/**
 * @param bytes one datagram, the answer about one socket.
 * @param before the socket as it was.
 */
export function parseLookUp(bytes: Uint8Array, before: Socket): LookUp {
  if (bytes.length < NETLINK_HEADER_BYTES) return problem('is cut short');
  const view = viewOf(bytes);
  const body: Body = { view, at: NETLINK_HEADER_BYTES, end: bytes.length };
  const type = view.getUint16(4, true);
  if (type === NLMSG_ERROR) {
    const refused = readEnding(type, body, []);
    return refused.type === 'problem' && GONE.has(refused.errno ?? 0)
      ? { type: 'gone' }
      : problem('is a refusal');
  }
  if (type !== TCPDIAG_GETSOCK || body.end - body.at < INET_DIAG_MSG_BYTES) return problem('is cut short');
  if (!hasHandle(body, before.handle)) return problem('is about another socket');
  const state = tcpState(view.getUint8(body.at + 1));
  if (state === undefined) return problem('has a socket of an unknown kind');
  const info = readTcpInfo(body);
  const isQuiet =
    state === before.state &&
    info?.segmentsIn === before.info?.segmentsIn &&
    info?.segmentsOut === before.info?.segmentsOut;
  return isQuiet
    ? { type: 'quiet' }
    : { type: 'moved', socket: { ...before, state, ...readQueues(body), info } };
}

/** Whether it is about the socket with that handle, by the cookies at the handles' ends. */
function hasHandle({ view, at }: Body, handle: Uint8Array | undefined): boolean {
  for (let i = HANDLE_BYTES - 8; i < HANDLE_BYTES; i++) {
    if (view.getUint8(at + i) !== handle?.[i]) return false;
  }
  return true;
}

/** A message without its header. */
interface Body {
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
}

interface DumpBody extends Body {
  readonly known: KnownSockets;
}

/** @returns undefined where the answer goes on. */
function readMessage(type: number, body: DumpBody, sockets: Socket[]): DumpPart | undefined {
  if (type === NLMSG_ERROR || type === NLMSG_DONE) return readEnding(type, body, sockets);
  if (type !== TCPDIAG_GETSOCK) return undefined;
  if (body.end - body.at < INET_DIAG_MSG_BYTES) return problem('is cut short');
  const socket = readSocket(body);
  if (socket === undefined) return problem('has a socket of an unknown kind');
  sockets.push(socket);
  return undefined;
}

/** Both begin with a negative error number, zero for success; older kernels leave it out of NLMSG_DONE. */
function readEnding(type: number, { view, at, end }: Body, sockets: readonly Socket[]): DumpPart {
  const code = end - at < 4 ? 0 : view.getInt32(at, true);
  if (code < 0) return { ...problem(`is a refusal, errno ${-code}`), errno: -code };
  return type === NLMSG_DONE ? { type: 'done', sockets } : problem('is an acknowledgement without sockets');
}

function readSocket(body: DumpBody): Socket | undefined {
  const { view, at, known } = body;
  const state = tcpState(view.getUint8(at + 1));
  const family = view.getUint8(at);
  if (state === undefined || (family !== AF_INET && family !== AF_INET6)) return undefined;
  const cookie = cookieOf(body);
  const { local, remote, name, handle } = known.get(cookie) ?? readIdentity(body, family);
  return { cookie, name, state, local, remote, ...readQueues(body), info: readTcpInfo(body), handle };
}

/** The kernel never gives it out twice (`sock_gen_cookie`): it counts up from 1, so that a number holds it exactly. */
function cookieOf({ view, at }: Body): number {
  return view.getUint32(at + 48, true) * 2 ** 32 + view.getUint32(at + 44, true);
}

function readIdentity(
  { view, at }: Body,
  family: number,
): Pick<Socket, 'local' | 'remote' | 'name' | 'handle'> {
  const local = readEnd(view, family, at + 8, at + 4);
  const remote = readEnd(view, family, at + 24, at + 6);
  const handle = new Uint8Array(view.buffer, view.byteOffset + at, HANDLE_BYTES).slice();
  return { local, remote, name: socketName({ local, remote }), handle };
}

function readQueues({ view, at }: Body): Pick<Socket, 'timerMs' | 'unread' | 'unacknowledged' | 'inode'> {
  return {
    timerMs: view.getUint32(at + 52, true),
    unread: view.getUint32(at + 56, true),
    unacknowledged: view.getUint32(at + 60, true),
    inode: view.getUint32(at + 68, true),
  };
}

function readEnd(view: DataView, family: number, addressAt: number, portAt: number): End {
  const length = family === AF_INET ? 4 : 16;
  const address = new Uint8Array(view.buffer, view.byteOffset + addressAt, length);
  return { address: formatAddress(address), port: view.getUint16(portAt) };
}

function readTcpInfo({ view, at, end }: Body): TcpInfo | undefined {
  for (let attribute = at + INET_DIAG_MSG_BYTES; attribute + 4 <= end; ) {
    const length = view.getUint16(attribute, true);
    if (length < 4 || attribute + length > end) return undefined;
    if (view.getUint16(attribute + 2, true) === INET_DIAG_INFO) {
      return length - 4 < TCP_INFO_BYTES ? undefined : tcpInfo(view, attribute + 4);
    }
    attribute += (length + 3) & ~3;
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

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
