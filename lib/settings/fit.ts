import { type Budgeted, type BudgetedContainer, budget, DEFAULT_STOP_TIMEOUT_MS } from './budget.ts';
import { formatDuration } from './duration.ts';
import type { Problem } from './problem.ts';
import type { Settings } from './settings.ts';

/** Stands for the containers of a pod that names none: there is one at least. */
const SOME_CONTAINER: BudgetedContainer = {
  name: 'stop-timeout',
  dependsOn: [],
  stopTimeoutMs: DEFAULT_STOP_TIMEOUT_MS,
};

/**
 * @param settings whose dependencies have no cycle.
 * @returns what does not fit into the grace period, each with its arithmetic:
 * `grace-period 30s − auth 5s − rails 25s leaves the drain 0s, less than drain-min 5s; …`.
 */
export function fitProblems(settings: Budgeted & Pick<Settings, 'drainMinMs'>): Problem[] {
  const { gracePeriodMs, drainMinMs, drainMaxMs } = settings;
  const containers = settings.containers.length === 0 ? [SOME_CONTAINER] : settings.containers;
  const { releaseByMs, drainMaxMs: leftMs } = budget({ gracePeriodMs, containers, drainMaxMs: undefined });
  const chain = tightestChain(containers, releaseByMs);
  const parts = chain.map(({ name, stopTimeoutMs }) => ` − ${name} ${formatDuration(stopTimeoutMs)}`);
  const arithmetic = `grace-period ${formatDuration(gracePeriodMs)}${parts.join('')}`;
  const messages: string[] = [];

  function requireLeft(name: string, wantedMs: number): void {
    if (leftMs >= wantedMs) return;
    const neededGrace = formatDuration(gracePeriodMs + wantedMs - leftMs);
    messages.push(
      `${arithmetic} leaves the drain ${formatDuration(leftMs)}, less than ${name} ${formatDuration(wantedMs)}; ` +
        `shorten ${name} or a stop-timeout, or raise grace-period and terminationGracePeriodSeconds to ${neededGrace}`,
    );
  }

  requireLeft('drain-min', drainMinMs);
  if (drainMaxMs !== undefined) requireLeft('drain-max', drainMaxMs);
  if (drainMaxMs !== undefined && drainMaxMs < drainMinMs) {
    messages.push(
      `drain-max ${formatDuration(drainMaxMs)} is less than drain-min ${formatDuration(drainMinMs)}; ` +
        'raise drain-max or shorten drain-min',
    );
  }
  return messages.map(message => ({ source: 'budget', message }));
}

/** @returns the containers that leave the drain the least, last one to stop first. */
function tightestChain(
  containers: readonly BudgetedContainer[],
  releaseByMs: ReadonlyMap<string, number>,
): BudgetedContainer[] {
  const chain: BudgetedContainer[] = [];
  let candidates = containers;
  while (candidates.length > 0) {
    const releaseOf = ({ name }: BudgetedContainer) => releaseByMs.get(name) ?? Number.POSITIVE_INFINITY;
    const tightest = candidates.reduce((a, b) => (releaseOf(b) < releaseOf(a) ? b : a));
    chain.unshift(tightest);
    candidates = containers.filter(({ name }) => tightest.dependsOn.includes(name));
  }
  return chain;
}
