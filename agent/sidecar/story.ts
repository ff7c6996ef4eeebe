import type { DrainEntry } from '../../lib/drain/entry.ts';
import type { State } from '../../lib/drain/state.ts';
import type { Check, Readiness } from '../../lib/readiness/aggregate.ts';
import { type ReadinessChange, readinessChange } from '../../lib/readiness/change.ts';
import { OUTCOMES } from '../../lib/readiness/verbose.ts';
import type { Container } from '../../lib/settings/settings.ts';
import { describe } from '../../lib/timeline/describe.ts';
import type { Entry } from '../../lib/timeline/entry.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';

/** How much of a pod's story is kept; a termination of many containers is about 50 entries. */
const MOST_ENTRIES = 300;

/** A restart of the pod's one container is 3; those of a bad night are still there in the morning. */
const MOST_CHANGES = 30;

const PHASES = ['serving', 'settling', 'draining', 'stopping', 'stopped'] as const satisfies State['phase'][];

/** Tells what happens: to the timeline, the log and the metrics, with the same words. */
export interface Story {
  /** Oldest first; bounded. */
  readonly entries: readonly Entry[];
  /** Oldest first; bounded. */
  readonly readinessChanges: readonly ReadinessChange[];
  tell(entry: DrainEntry, since: number): void;
  /** Keeps and logs what changed, and sets the gauges of readiness. */
  readiness(readiness: Readiness, containers: readonly Container[], now: number): void;
  phase(phase: State['phase']): void;
}

/** @returns a story with nothing told yet. */
export function createStory(log: Logger, metrics: Metrics): Story {
  const entries: Entry[] = [];
  const readinessChanges: ReadinessChange[] = [];
  let last: Readiness | undefined;
  let told = new Map<string, string>();
  let lastPhase: State['phase'] | undefined;

  return {
    entries,
    readinessChanges,
    tell(drainEntry, since): void {
      const entry: Entry = { actor: 'podusher', ...drainEntry };
      entries.push(entry);
      if (entries.length > MOST_ENTRIES) entries.shift();
      log.info({ entry }, describe(entry));
      measure(drainEntry, since, metrics);
    },
    readiness(readiness, containers, now): void {
      const change = readinessChange(last, readiness, now);
      last = readiness;
      if (change !== undefined) readinessChanges.push(change);
      if (readinessChanges.length > MOST_CHANGES) readinessChanges.shift();
      metrics.set('podusher_ready', readiness.ready ? 1 : 0);
      metrics.clear('podusher_container_ready');
      const isContainer = (name: string): boolean => containers.some(one => one.name === name);
      // Whoever adopts settings logs their problems, all in one line.
      const checks = readiness.checks.filter(({ name }) => name !== 'settings' || isContainer(name));
      const next = new Map(checks.map(check => [keyOf(check), check.name]));
      for (const check of checks) {
        const { name, outcome, reason } = check;
        const container = containers.find(one => one.name === name);
        if (container !== undefined) {
          const value = outcome === 'passed' || outcome === 'unobserved' ? 1 : 0;
          metrics.set('podusher_container_ready', value, {
            container: name,
            critical: String(container.critical),
          });
        }
        if (told.has(keyOf(check))) continue;
        const about = container === undefined ? {} : { container: name };
        log.info({ check: name, ...about, outcome, reason }, `${name} ${OUTCOMES[outcome]}: ${reason}`);
      }
      const names = new Set(next.values());
      for (const name of new Set(told.values())) {
        if (!names.has(name)) log.info({ check: name, outcome: 'ended' }, `${name} blocks no more`);
      }
      told = next;
    },
    phase(phase): void {
      if (phase === lastPhase) return;
      lastPhase = phase;
      for (const one of PHASES) metrics.set('podusher_drain_phase', one === phase ? 1 : 0, { phase: one });
    },
  };
}

/** @returns what tells one check from the next: its reason does not, which each probe may put differently. */
function keyOf({ name, outcome, since }: Check): string {
  return `${name} ${outcome} ${since}`;
}

function measure(entry: DrainEntry, since: number, metrics: Metrics): void {
  switch (entry.type) {
    case 'drained':
      metrics.count('podusher_drained_total', { because: entry.because });
      metrics.count('podusher_drain_seconds', {}, (entry.at - since) / 1000);
      break;
    case 'released': {
      metrics.count('podusher_released_total', { because: entry.because });
      const container = entry.container ?? '';
      if (entry.left === undefined) break;
      metrics.count('podusher_left_in_flight_total', { container }, entry.left.requests + entry.left.inDoubt);
      metrics.count('podusher_left_connections_total', { container }, entry.left.connections);
      if (entry.left.unknown !== undefined) metrics.count('podusher_left_unknown_total', { container });
      break;
    }
    case 'healed':
      metrics.count('podusher_false_alarms_total');
      break;
    default:
  }
}
