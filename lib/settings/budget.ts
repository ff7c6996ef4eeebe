import type { Container, Settings } from './settings.ts';

/** What a container needs after SIGTERM, where it is not set and nobody depends on it. */
export const DEFAULT_STOP_TIMEOUT_MS = 5000;

/** What the arithmetic needs of the settings. */
export type Budgeted = Pick<Settings, 'gracePeriodMs' | 'drainMaxMs'> & {
  readonly containers: readonly BudgetedContainer[];
};

/** What the arithmetic needs of a container. */
export type BudgetedContainer = Pick<Container, 'name' | 'dependsOn' | 'stopTimeoutMs'>;

/** How one grace period is shared out. All are offsets from the first hook, in ms. */
export interface Budget {
  /** By container: when its hook is answered at the latest. Negative where the grace period is too short. */
  readonly releaseByMs: ReadonlyMap<string, number>;
  /** When the drain ends at the latest: nobody needs to be released before. */
  readonly drainMaxMs: number;
}

/**
 * Counts back from the end of the grace period: each container keeps its `stop-timeout`, and before it those that
 * depend on it keep theirs; the drain gets what is left, or `drain-max` where that is less. Hook time counts
 * against `terminationGracePeriodSeconds` (ARCHITECTURE.md, K3), so there is no other time to give.
 * @param settings whose `dependsOn` has no cycle; a name in it that is no container's sets no bound.
 */
export function budget(settings: Budgeted): Budget {
  const { gracePeriodMs, drainMaxMs = gracePeriodMs } = settings;
  const containers = new Map(settings.containers.map(container => [container.name, container]));
  const releaseByMs = new Map<string, number>();

  function releaseOf(container: BudgetedContainer): number {
    const known = releaseByMs.get(container.name);
    if (known !== undefined) return known;
    const outlivers = container.dependsOn.flatMap(name => containers.get(name) ?? []);
    const stopByMs = Math.min(gracePeriodMs, ...outlivers.map(releaseOf));
    releaseByMs.set(container.name, stopByMs - container.stopTimeoutMs);
    return stopByMs - container.stopTimeoutMs;
  }

  return {
    releaseByMs,
    drainMaxMs: Math.min(drainMaxMs, gracePeriodMs, ...settings.containers.map(releaseOf)),
  };
}
