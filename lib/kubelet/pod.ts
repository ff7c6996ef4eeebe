import type { Probe, ProbeAction } from '../readiness/probe.ts';

/**
 * One pod, as the kubelet's rules and a rehearsal see it. Invariants: container names are unique; the plain
 * init containers and native sidecars come first, all in declared order.
 */
export interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly gracePeriodMs: number;
  readonly containers: readonly Container[];
  readonly volumes: readonly DownwardVolume[];
}

/** One of the pod's containers. */
export interface Container {
  readonly name: string;
  /**
   * `init` runs to its end before the next; a `native-sidecar` is an init container with
   * `restartPolicy: Always`: it need only have started.
   */
  readonly kind: 'init' | 'native-sidecar' | 'regular';
  readonly image: string;
  /** The program and its arguments; undefined where only the image knows. */
  readonly command: readonly string[] | undefined;
  /** Arguments to the image's entry point, or appended to `command`. */
  readonly args: readonly string[];
  readonly workingDir: string | undefined;
  readonly env: readonly EnvVar[];
  /** The TCP ports it declares. */
  readonly ports: readonly ContainerPort[];
  readonly mounts: readonly Mount[];
  readonly preStop: Hook | undefined;
  readonly probes: Readonly<Partial<Record<ProbeKind, KubeletProbe>>>;
}

export interface EnvVar {
  readonly name: string;
  readonly value: string;
}

export interface ContainerPort {
  readonly name: string | undefined;
  readonly port: number;
}

export interface Mount {
  readonly volume: string;
  readonly path: string;
}

/** A downward-API volume: its files by path, each with its whole text. */
export interface DownwardVolume {
  readonly name: string;
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

export type ProbeKind = 'startup' | 'readiness' | 'liveness';

/** A probe that the kubelet itself runs: it may also run a command, and a failure may have its own grace. */
export type KubeletProbe = Omit<Probe, 'action'> & {
  readonly action: ProbeAction | ExecAction;
  /** The probe's own terminationGracePeriodSeconds; undefined: the pod's. */
  readonly gracePeriodMs: number | undefined;
};

export interface ExecAction {
  readonly type: 'exec';
  readonly command: readonly string[];
}

/** What a container's preStop does (`LifecycleHandler` in `k8s.io/api/core/v1/types.go`). */
export type Hook =
  | Extract<ProbeAction, { type: 'httpGet' }>
  | ExecAction
  | { readonly type: 'sleep'; readonly durationMs: number };

/** The address that every container of a rehearsed pod has. */
export const POD_ADDRESS = '127.0.0.1';
