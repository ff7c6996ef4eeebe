import type { Probe } from '../readiness/probe.ts';
import type { PodUrl } from './pod-url.ts';

/**
 * The settings in effect for one pod, as every other module reads them. Invariants: names are unique and
 * none is `self`; `dependsOn` names known containers, has no cycle and does not contradict the order in which
 * the kubelet stops native sidecars; the budgets fit into the grace period.
 */
export interface Settings {
  /** The agent's own container name, `podusher` by default. */
  readonly self: string;
  /** The pod's other containers, in the order in which they were first named. */
  readonly containers: readonly Container[];
  /** True when `podusher.dev/containers` was given: then a hook of any other name cannot be placed. */
  readonly complete: boolean;
  readonly readyDuringDrain: boolean;
  readonly gracePeriodMs: number;
  readonly drainMinMs: number;
  readonly drainSilenceMaxMs: number;
  readonly drainArrivalsMaxMs: number;
  readonly drainKeptMaxMs: number;
  readonly drainDoubtMs: number;
  /** From the first hook. Where not set, what the grace period leaves (`lib/settings/budget.ts`). */
  readonly drainMaxMs: number | undefined;
  readonly restartDrainMaxMs: number;
}

/** One of the pod's containers other than the agent. */
export interface Container {
  readonly name: string;
  readonly critical: boolean;
  /**
   * Where the kubelet stops it: a `regular` container with the others; a native sidecar `after-agent` is
   * declared after the agent and so stopped before it, one `before-agent` is stopped only when the agent has gone.
   */
  readonly kind: 'regular' | 'native-sidecar-before-agent' | 'native-sidecar-after-agent';
  /** Position in `podusher.dev/native-sidecars`; undefined for a regular container. */
  readonly sidecarIndex: number | undefined;
  readonly probe: Probe | undefined;
  /** TCP ports it serves: as set, or else its probe's; empty where neither is known. */
  readonly ports: readonly number[];
  /** Containers that must outlive it. */
  readonly dependsOn: readonly string[];
  readonly stopTimeoutMs: number;
  readonly inFlight: InFlightSource;
  readonly drainAction: DrainAction | undefined;
}

/** Who tells what is in flight in a container. */
export type InFlightSource =
  | { readonly type: 'tcp' }
  | { readonly type: 'connections' }
  | {
      readonly type: 'prometheus';
      readonly url: PodUrl;
      readonly metric: string;
      readonly labels: Readonly<Record<string, string>>;
    }
  | { readonly type: 'json'; readonly url: PodUrl; readonly pointer: string };

/** A request that the agent makes when a termination's drain begins. */
export interface DrainAction {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: PodUrl;
}
