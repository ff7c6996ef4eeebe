import { budget, DEFAULT_STOP_TIMEOUT_MS } from '../settings/budget.ts';
import type { Container, Settings } from '../settings/settings.ts';
import { recut } from './recut.ts';
import { nameOf, type Settling, type Termination } from './state.ts';

/**
 * How long the hooks of one termination may lie apart. The kubelet starts them at one instant
 * (`killContainersWithSyncResult` in `pkg/kubelet/kuberuntime/kuberuntime_container.go`); measured: milliseconds.
 */
export const SETTLE_MS = 1000;

/** What a container that no setting names is taken for; it is known by its hook alone. */
const UNNAMED = {
  critical: true,
  kind: 'regular',
  sidecarIndex: undefined,
  probe: undefined,
  ports: [],
  dependsOn: [],
  stopTimeoutMs: DEFAULT_STOP_TIMEOUT_MS,
  inFlight: { type: 'tcp' },
  drainAction: undefined,
} as const satisfies Omit<Container, 'name'>;

/** A termination's containers, and the points of the clock that its one grace period gives them. */
export interface Plan {
  /** All but the agent: those in the settings, then those known by their hook alone. */
  readonly containers: readonly Container[];
  readonly drainMinAt: number;
  /** How long nobody must have come, before `drain-min`, where the API shows the pod withdrawn. */
  readonly withdrawnQuietMs: number;
  readonly arrivalsMaxAt: number;
  readonly drainMaxAt: number;
  /** The grace period's end: the kubelet sends SIGTERM itself (ARCHITECTURE.md, K3). */
  readonly endAt: number;
  /** When nothing has ended the agent by then, nothing was terminated. */
  readonly healAt: number;
  /** When a container's hook is answered at the latest. */
  releaseAt(name: string): number;
  /** When a container must have stopped: then those that it depends on are released. */
  stopBy(name: string): number;
}

/** How long after the grace period a pod that still lives is known not to be terminated. */
const HEAL_AFTER_MS = 10_000;

/**
 * The share of `drain-min` that must have been silent before the rest of it need not pass: it says how far behind a
 * cluster's kube-proxies are. Simulated with nodes that send 10 and 1 requests a second, and are each up to 10 s behind:
 * of 100 deletions with `drain-min` 5 s they lose 29 requests, cut at significant silence 82, cut at this 33; with 15 s
 * none, 83 and none.
 */
const WITHDRAWN_QUIET = 0.6;

/** @returns the container as set, or the default one for a name that no setting has. */
export function containerOf(settings: Settings, name: string): Container {
  return settings.containers.find(container => container.name === name) ?? { name, ...UNNAMED };
}

/**
 * @returns how long a restart's hook waits at most, in ms: by `SETTLE_MS` it is known to be one, and after the grace period
 *   the kubelet has abandoned it.
 */
export function restartMaxMs({ restartDrainMaxMs, gracePeriodMs }: Settings): number {
  return Math.min(gracePeriodMs, Math.max(SETTLE_MS, restartDrainMaxMs));
}

/** @returns the plan for a termination that began at `state.since`. */
export function planOf(state: Settling | Termination): Plan {
  const { settings, since, told } = state;
  const known = new Set([settings.self, ...settings.containers.map(container => container.name)]);
  const unnamed = [...state.hooks.keys()].map(nameOf).filter(name => !known.has(name));
  const containers = [...settings.containers, ...unnamed.map(name => ({ name, ...UNNAMED }))];
  const cut = recut({ ...settings, containers }, told.deletion?.graceMs);
  const { releaseByMs, drainMaxMs } = budget(cut);
  const endAt = since + cut.gracePeriodMs;
  const drainMinAt = Math.min(endAt, since + cut.drainMinMs);
  // Unnamed containers were not checked against the grace period: nobody is let go before `drain-min` for them.
  const releaseAt = (name: string): number =>
    Math.max(drainMinAt, since + (releaseByMs.get(name) ?? Infinity));
  return {
    containers: cut.containers,
    drainMinAt,
    withdrawnQuietMs: Math.ceil(WITHDRAWN_QUIET * (drainMinAt - since)),
    arrivalsMaxAt: since + settings.drainArrivalsMaxMs,
    drainMaxAt: Math.max(drainMinAt, since + drainMaxMs),
    endAt,
    healAt: endAt + HEAL_AFTER_MS,
    releaseAt,
    stopBy(name: string): number {
      return Math.min(endAt, ...containerOf(settings, name).dependsOn.map(releaseAt));
    },
  };
}
