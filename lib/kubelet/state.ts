import type { KubeletEntry } from './entry.ts';
import type { Container, Pod, ProbeKind } from './pod.ts';

/** The kubelet's view of one pod. Times are in ms since the epoch. */
export type State = {
  readonly pod: Pod;
  readonly backOff: BackOff;
  readonly ready: boolean;
  /** By name, in the pod's order. */
  readonly containers: ReadonlyMap<string, ContainerState>;
} & (
  | { readonly phase: 'up' }
  /** From the deletion until the last container has ended. */
  | { readonly phase: 'terminating'; readonly graceEndsAt: number }
  | { readonly phase: 'gone' }
);

/** The delay before a container's second restart, doubled before each further one up to `maxMs`. */
export interface BackOff {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** `MaxContainerBackOff` and `initialBackOff` in `pkg/kubelet/kubelet.go`. */
export const BACK_OFF: BackOff = { initialMs: 10_000, maxMs: 300_000 };

/** The least time between SIGTERM and SIGKILL: `minimumGracePeriodInSeconds` in `kuberuntime_container.go`. */
export const LEAST_STOP_MS = 2_000;

/** Where one container is. `run` counts its starts, so that what belongs to an earlier one is told apart. */
export type ContainerState =
  | { readonly phase: 'waiting'; readonly run: number }
  | Live
  /** It exited and will be started again. */
  | {
      readonly phase: 'back-off';
      readonly run: number;
      readonly until: number;
      readonly delayMs: number;
      /** How it exited. */
      readonly code: number | null;
      readonly signal: string | null;
    }
  /** It exited for good. */
  | { readonly phase: 'ended'; readonly run: number };

/** A container whose process runs. */
export type Live = {
  readonly run: number;
  readonly startedAt: number;
  /** The startup probe has passed, or there is none. */
  readonly started: boolean;
  readonly ready: boolean;
  readonly probes: Readonly<Partial<Record<ProbeKind, ProbeState>>>;
  /** The back-off before this run, from which the next one follows; 0 for the first two runs. */
  readonly delayMs: number;
} & (
  | { readonly phase: 'running' }
  /** Its preStop hook runs. */
  | { readonly phase: 'hook'; readonly graceEndsAt: number }
  /** A native sidecar whose hook is over waits for those that the kubelet stops before it. */
  | { readonly phase: 'turn'; readonly graceEndsAt: number }
  /** SIGTERM was sent. */
  | { readonly phase: 'sigterm'; readonly killAt: number }
  | { readonly phase: 'sigkill' }
);

/** One probe of one run of a container. */
export interface ProbeState {
  readonly nextAt: number;
  /** A request is out: the kubelet has one of a kind at a time. */
  readonly asking: boolean;
  /** Equal results in a row, which the thresholds count. */
  readonly last: boolean | undefined;
  readonly streak: number;
  /** Why the last result was what it was. */
  readonly reason: string;
}

/** What happened. `at` is in ms since the epoch and never goes back. */
export type Event = { readonly at: number } & (
  | { readonly type: 'tick' }
  | { readonly type: 'delete' }
  | {
      readonly type: 'exited';
      readonly container: string;
      readonly run: number;
      readonly code: number | null;
      readonly signal: string | null;
    }
  | {
      readonly type: 'probed';
      readonly container: string;
      readonly run: number;
      readonly kind: ProbeKind;
      readonly ok: boolean;
      readonly reason: string;
    }
  | {
      readonly type: 'hook-ended';
      readonly container: string;
      readonly run: number;
      readonly outcome: 'answered' | 'failed';
      readonly reason: string;
    }
);

/** What the shell is to do, in this order. */
export type Effect =
  | { readonly type: 'start'; readonly container: string; readonly run: number }
  | { readonly type: 'probe'; readonly container: string; readonly run: number; readonly kind: ProbeKind }
  | { readonly type: 'hook'; readonly container: string; readonly run: number }
  | {
      readonly type: 'signal';
      readonly container: string;
      readonly run: number;
      readonly signal: 'SIGTERM' | 'SIGKILL';
    }
  | { readonly type: 'tell'; readonly entry: KubeletEntry };

/** @returns a pod of which nothing runs yet; the first `tick` starts it. */
export function initialState(pod: Pod, backOff: BackOff = BACK_OFF): State {
  const containers = pod.containers.map(({ name }) => [name, { phase: 'waiting', run: 0 }] as const);
  return { pod, backOff, ready: false, containers: new Map(containers), phase: 'up' };
}

/** @returns whether the container's process runs. */
export function isLive(state: ContainerState): state is Live {
  return state.phase !== 'waiting' && state.phase !== 'back-off' && state.phase !== 'ended';
}

/** @returns whether the pod's Ready condition asks for this container. */
export function counts(container: Container): boolean {
  return container.kind !== 'init';
}
