// By the kernel's numbers (`include/net/tcp_states.h`), with the names that `ss` uses.
const STATES = [
  'unused',
  'established',
  'syn-sent',
  'syn-recv',
  'fin-wait-1',
  'fin-wait-2',
  'time-wait',
  'closed',
  'close-wait',
  'last-ack',
  'listen',
  'closing',
  'new-syn-recv',
] as const;

export type TcpState = Exclude<(typeof STATES)[number], 'unused'>;

/** @returns the state's name; undefined for a number that the kernel does not use. */
export function tcpState(number: number): TcpState | undefined {
  const state = STATES[number];
  return state === 'unused' ? undefined : state;
}

/** @returns the states as the kernel's bit set, as in a request for a dump. */
export function stateBits(states: readonly TcpState[]): number {
  return states.reduce((bits, state) => bits | (1 << STATES.indexOf(state)), 0);
}

/** One end of a connection. IPv4 addresses inside IPv6 are written as IPv4: `127.0.0.1`, `::1`. */
export interface End {
  readonly address: string;
  readonly port: number;
}

/** One TCP socket of the pod, as the kernel told it at one moment. */
export interface Socket {
  /**
   * The same for as long as the socket lives, and for no other socket: the kernel counts them. Undefined in
   * /proc/net/tcp.
   */
  readonly cookie: number | undefined;
  /** As by `socketName`, made once in the socket's life: each look asks for it, several times. */
  readonly name: string;
  readonly state: TcpState;
  readonly local: End;
  readonly remote: End;
  /** Bytes that the program has not read yet; a FIN that it has not read counts as one. */
  readonly unread: number;
  /** Bytes sent but not acknowledged, or not sent yet; a FIN counts as one. */
  readonly unacknowledged: number;
  /** How long its timer still runs; a connection in TIME-WAIT ends then. */
  readonly timerMs: number;
  /** Zero where no program holds the socket: not accepted yet, or closed by its program. */
  readonly inode: number;
  /** Undefined where the kernel did not tell, as for TIME-WAIT and in /proc/net/tcp. */
  readonly info: TcpInfo | undefined;
  /** What the kernel finds it by, without looking through all others. Undefined in /proc/net/tcp. */
  readonly handle: Uint8Array | undefined;
}

/**
 * The fields of `struct tcp_info` (`include/uapi/linux/tcp.h`) that tell a request in flight. The times are ages,
 * in steps of the kernel's clock (1 to 10 ms); the counters are unsigned 32-bit and wrap.
 */
export interface TcpInfo {
  readonly lastDataSentMs: number;
  readonly lastDataReceivedMs: number;
  readonly lastAckReceivedMs: number;
  readonly segmentsIn: number;
  readonly segmentsOut: number;
  readonly dataSegmentsIn: number;
  readonly dataSegmentsOut: number;
}

/** @returns the two ends as one text, the same seen from either end. */
export function connectionName({ local, remote }: Pick<Socket, 'local' | 'remote'>): string {
  const [a, b] = [endName(local), endName(remote)];
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

/** @returns the socket's own end and its peer's as one text, which no other socket has at that moment. */
export function socketName({ local, remote }: Pick<Socket, 'local' | 'remote'>): string {
  return `${endName(local)} ${endName(remote)}`;
}

/** @returns `127.0.0.1 8866`; a name for maps, not for people. */
function endName({ address, port }: End): string {
  return `${address} ${port}`;
}
