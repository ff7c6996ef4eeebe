/**
 * The pod's readiness from its parts. Invariant: everything that tells readiness (`/ready`, `/readyz/NAME`,
 * `/status`, the page, the metrics) reads this one value, so that no two of them can disagree.
 */
import type { Container } from '../settings/settings.ts';
import type { Verdict } from './verdict.ts';

/** Why the pod is not ready, whatever its containers' verdicts: bad settings, a restart, a drain. */
export interface Blocker {
  /** What `/readyz/NAME` and `?exclude=NAME` call it: `settings`, `drain`. */
  readonly name: string;
  /** `terminating`: it belongs to a termination as it should be, and is no fault. */
  readonly outcome: 'failed' | 'terminating';
  readonly reason: string;
  /** In ms since the epoch. */
  readonly since: number;
}

/**
 * One line of the readiness. `passed`; `failed`: it makes the pod not ready; `terminating`: it does so too, and is no
 * fault; `tolerated`: it failed, or is pending, and is not critical; `unobserved`: nothing can tell, and it does not
 * block.
 */
export interface Check {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'terminating' | 'tolerated' | 'unobserved';
  readonly reason: string;
  /** When the verdict behind it last changed, in ms since the epoch. */
  readonly since: number;
}

/** The pod's readiness. */
export interface Readiness {
  /** No check blocks. */
  readonly ready: boolean;
  /** Blockers first, then containers in the settings' order. */
  readonly checks: readonly Check[];
}

/** @returns whether the pod is ready, and why: the containers' verdicts and whatever else is in the way. */
export function aggregate(
  containers: readonly (Pick<Container, 'name' | 'critical'> & { readonly verdict: Verdict })[],
  blockers: readonly Blocker[],
): Readiness {
  const checks: Check[] = [
    ...blockers,
    ...containers.map(({ name, critical, verdict: { type, reason, since } }): Check => {
      return { name, outcome: outcome(type, critical), reason, since };
    }),
  ];
  return { ready: !checks.some(blocks), checks };
}

/** @returns whether the check makes the pod not ready. */
export function blocks(check: Pick<Check, 'outcome'>): boolean {
  return check.outcome === 'failed' || check.outcome === 'terminating';
}

function outcome(type: Verdict['type'], critical: boolean): Check['outcome'] {
  if (type === 'ready') return 'passed';
  if (type === 'unobserved') return 'unobserved';
  return critical ? 'failed' : 'tolerated';
}
