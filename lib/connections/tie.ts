import type { TcpInfo } from './socket.ts';

// The kernel's clock ticks every 1 to 10 ms, so under load a connection has often sent and received in the same tick.
// Which came last, the pure ACKs tell: whoever received last must acknowledge it, with its next data or without.
// Invariant: what is not proven stays undecided.

/** Acknowledgements without data. */
export interface Acks {
  readonly in: boolean;
  readonly out: boolean;
}

/** What is known about the ACKs around a connection's last data. */
export interface TieEvidence {
  /** In the interval between samples in which that data came or went; undefined where that was not watched. */
  readonly within: Acks | undefined;
  /** After the first sample that showed it. */
  readonly after: Acks;
  /** A pure ACK came in a later tick than that data. */
  readonly acknowledgedLater: boolean;
  /**
   * What the number of data segments in that interval tells, after a look at which it was sure what the connection
   * did.
   */
  readonly counted: 'in flight' | 'idle' | undefined;
}

/** Nobody delays an ACK for longer (Linux 40 to 200 ms, RFC 1122 500 ms): later ones are TCP keep-alive's. */
export const LAST_ACK_WITHIN_MS = 1000;
/** Linux acknowledges what it has received within this (TCP_DELACK_MAX, 200 ms), a tick or two added. */
const OWN_ACK_WITHIN_MS = 250;

/**
 * @param info of a connection that has last sent and last received in the same tick.
 * @returns what it does; undefined where nothing tells.
 */
export function judgeTie(
  info: TcpInfo,
  { within, after, acknowledgedLater, counted }: TieEvidence,
): 'in flight' | 'idle' | undefined {
  // We acknowledged without data, and had nothing to send: a request came last. The other way round: its answer did.
  if (after.out && !after.in) return 'in flight';
  if (after.in && !after.out) return 'idle';
  if (acknowledgedLater) return 'idle';
  // Our last answer was acknowledged, but not by a pure ACK: by the next request, then.
  if (within !== undefined && !within.in && !after.in) return 'in flight';
  if (counted !== undefined) return counted;
  // A request would have been acknowledged by now.
  const isOld = info.lastDataReceivedMs >= OWN_ACK_WITHIN_MS;
  return isOld && within !== undefined && !within.out && !after.out ? 'idle' : undefined;
}
