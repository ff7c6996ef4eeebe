import type { DrainEntry } from '../drain/entry.ts';
import type { KubeletEntry } from '../kubelet/entry.ts';
import type { Check } from '../readiness/aggregate.ts';

/** One line of a pod's story. The agent tells the drain's; a rehearsal adds the kubelet's and the load's. */
export type Entry =
  | ({ readonly actor: 'podusher' } & (DrainEntry | WarningEntry | CheckEntry))
  | ({ readonly actor: 'kubelet' } & KubeletEntry)
  | ({ readonly actor: 'load' } & LoadEntry);

/** What the agent's log warned of, as a rehearsal read it; `/status` has places of its own for it. */
export interface WarningEntry {
  readonly at: number;
  readonly type: 'warning';
  /** As the log names it; null where it is about no container. */
  readonly container: string | null;
  readonly message: string;
}

/** A container's readiness as podusher judged it, as a rehearsal read it in the agent's log. */
export interface CheckEntry {
  readonly at: number;
  readonly type: 'check';
  /** Null where it is the drain that says the pod is not ready. */
  readonly container: string | null;
  readonly outcome: Check['outcome'];
  readonly reason: string;
}

/** What the clients saw. `at` is in ms since the epoch. */
export type LoadEntry = { readonly at: number } & (
  | { readonly type: 'new-connections-end' }
  | { readonly type: 'kept-connections-leave' }
  /** A run of failed requests without a success between them. */
  | {
      readonly type: 'outage';
      readonly untilAt: number;
      readonly failed: number;
      readonly cut: number;
      readonly reason: string;
    }
);
