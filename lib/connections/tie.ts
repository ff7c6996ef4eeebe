import type { TcpInfo } from './socket.ts';

// The kernel's clock ticks every 1 to 10 ms, so under load a connection has often sent and received in the same tick.
// Which came last, the pure ACKs tell: whoever received last must acknowledge it, with its next data or without.
// Invariant: a tie is called idle only on proof, or when doubt has lasted long enough.

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
}

/** Nobody delays an ACK for longer (Linux 40 to 200 ms, RFC 1122 500 ms): later ones are TCP keep-alive's. */
export const LAST_ACK_AFTER_MS = 1000;
/** Linux acknowledges what it has received within this (TCP_DELACK_MAX, 200 ms), a tick or two added. */
const OWN_ACK_WITHIN_MS = 250;

/**
 * @param info of a connection that has last sent and last received in the same tick.
 * @param doubtMs how long after its last byte a tie that nothing resolves counts as in doubt.
 */
export function judgeTie(
  info: TcpInfo,
  { within, after }: TieEvidence,
  doubtMs: number,
): 'in flight' | 'in doubt' | 'idle' {
  const ageMs = info.lastDataReceivedMs;
  // We acknowledged without data, and had nothing to send: a request came last. The other way round: its answer did.
  if (after.out && !after.in) return 'in flight';
  if (after.in && !after.out) return 'idle';
  const ackAfterMs = info.lastDataReceivedMs - info.lastAckReceivedMs;
  if (ackAfterMs > 0 && ackAfterMs < LAST_ACK_AFTER_MS) return 'idle';
  // Our last answer was acknowledged, but not by a pure ACK: by the next request, then.
  if (within !== undefined && !within.in && !after.in) return 'in flight';
  // A request would have been acknowledged by now.
  if (within !== undefined && !within.out && !after.out && ageMs >= OWN_ACK_WITHIN_MS) return 'idle';
  return ageMs < doubtMs ? 'in doubt' : 'idle';
}
