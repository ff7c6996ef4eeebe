import type { Network } from '../outbound/network.ts';

/** What a probe needs of the world. */
export interface ProbeContext {
  readonly network: Network;
  /** Where the pod's own containers are reached: 127.0.0.1, or the pod's IP. */
  readonly podHost: string;
  /** `podusher-probe/0.1.0`. */
  readonly userAgent: string;
  /** Aborted at the probe's deadline, or when nobody wants its result any more; its reason is an Error. */
  readonly signal: AbortSignal;
}
