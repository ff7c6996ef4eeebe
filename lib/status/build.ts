import { keptMaxAt } from '../drain/draining.ts';
import { planOf, restartMaxMs } from '../drain/plan.ts';
import type { Serving, State, Termination } from '../drain/state.ts';
import { waitsOf } from '../drain/waits.ts';
import { blocks, type Readiness } from '../readiness/aggregate.ts';
import type { ReadinessChange } from '../readiness/change.ts';
import type { Verdict } from '../readiness/verdict.ts';
import { budget } from '../settings/budget.ts';
import type { Container, Settings } from '../settings/settings.ts';
import type { Entry } from '../timeline/entry.ts';
import type {
  SettingsInEffect,
  Status,
  StatusApi,
  StatusContainer,
  StatusDrain,
  StatusShutdown,
  StatusSources,
} from './status.ts';

/** All that `/status` is made from. */
export interface StatusParts {
  readonly name: string;
  readonly version: string;
  readonly now: number;
  /** The same moment by the machine's clock, which may have been set. */
  readonly clockNow: number;
  readonly startedAt: number;
  readonly readiness: Readiness;
  readonly readinessChanges: readonly ReadinessChange[];
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** Undefined, as the state is, where the annotations have been bad from the start. */
  readonly settings: Settings | undefined;
  readonly applied: {
    readonly hash: string | null;
    readonly at: number;
    readonly file: string | null;
    readonly problems: readonly string[];
  };
  readonly state: State | undefined;
  readonly arrivalsCount: number;
  readonly sources: StatusSources;
  readonly api: StatusApi | null;
  readonly timeline: readonly Entry[];
}

/** @returns `/status`, as plain data. */
export function buildStatus(parts: StatusParts): Status {
  const { name, version, now, startedAt, readiness, settings, applied, state, sources, api, timeline } =
    parts;
  return {
    name,
    version,
    now,
    startedAt,
    clockAheadMs: aheadMs(parts),
    ready: readiness.ready,
    blockers: readiness.checks.filter(blocks).map(({ name: check, outcome, reason, since }) => {
      return { reason: `${check}: ${reason}`, since, isNormal: outcome === 'terminating' };
    }),
    readinessChanges: parts.readinessChanges,
    settings: {
      hash: applied.hash,
      appliedAt: applied.at,
      annotationsFile: applied.file,
      problems: applied.problems,
      values: settings === undefined ? null : valuesOf(settings),
    },
    containers: (settings?.containers ?? []).map(container => containerStatus(container, parts)),
    drain: drainStatus(state, parts.arrivalsCount),
    sources,
    api,
    timeline,
  };
}

/** Node reads its start's time and the two clocks one after the other: less than a second is no jump. */
const LEAST_JUMP_MS = 1000;

function aheadMs({ now, clockNow }: StatusParts): number {
  const ms = clockNow - now;
  return Math.abs(ms) < LEAST_JUMP_MS ? 0 : ms;
}

function valuesOf(settings: Settings): SettingsInEffect {
  const { containers: _, self: _self, complete: _complete, ...values } = settings;
  return { ...values, drainMaxMs: budget(settings).drainMaxMs };
}

function containerStatus(container: Container, { verdicts, state, now }: StatusParts): StatusContainer {
  const { name, critical, kind, ports, dependsOn } = container;
  const read =
    state === undefined || state.phase === 'serving' ? undefined : state.sample?.read.containers.get(name);
  return {
    name,
    critical,
    kind,
    ports,
    dependsOn,
    verdict: verdicts.get(name) ?? { type: 'pending', reason: 'Nothing is known yet', since: now },
    shutdown: shutdownOf(state, name),
    inFlight: read?.inFlight ?? null,
  };
}

function shutdownOf(state: State | undefined, name: string): StatusShutdown {
  const none = { state: 'serving', since: null, releaseBy: null, because: null } as const;
  if (state === undefined || state.phase === 'serving') return none;
  const stopped = 'stopped' in state ? state.stopped.get(name) : undefined;
  if (stopped !== undefined) {
    return { ...none, state: 'stopped', since: stopped.at, because: stopped.because };
  }
  const hook = state.hooks.get(name);
  if (hook === undefined) return none;
  if (hook.released !== undefined) {
    return { ...none, state: 'released', since: hook.released.at, because: hook.released.because };
  }
  return { ...none, state: 'hook waiting', since: hook.since, releaseBy: releaseBy(state, name) };
}

/** A container's; the bare hook has no row of its own. @returns when its hook is answered at the latest. */
function releaseBy(state: Exclude<State, Serving>, name: string): number {
  if (state.phase !== 'draining' || state.kind !== 'restart') return planOf(state).releaseAt(name);
  return (state.hooks.get(name)?.since ?? state.since) + restartMaxMs(state.settings);
}

function drainStatus(state: State | undefined, arrivalsCount: number): StatusDrain {
  if (state === undefined || state.phase === 'serving') {
    const nothing = { kind: null, since: null, evidence: null, arrivals: null, inFlight: null };
    return { phase: 'serving', ...nothing, waitsFor: [], deadlines: NO_DEADLINES };
  }
  const kind = state.phase === 'settling' ? null : state.kind;
  const read = state.sample?.read;
  const arrivals =
    read === undefined
      ? null
      : { state: read.arrivals, lastArrivalAt: read.lastArrivalAt ?? null, count: arrivalsCount };
  return {
    phase: state.phase,
    kind,
    since: state.since,
    evidence: evidenceText(state),
    waitsFor: waitsOf(state),
    deadlines: 'stopped' in state ? deadlinesOf(state) : NO_DEADLINES,
    arrivals,
    inFlight: read?.inFlight ?? null,
  };
}

/** Of anything but a termination: what it waits for has its own. */
const NO_DEADLINES: StatusDrain['deadlines'] = {
  drainMinAt: null,
  arrivalsMaxAt: null,
  keptMaxAt: null,
  drainMaxAt: null,
  endAt: null,
  healAt: null,
};

function deadlinesOf(state: Termination): StatusDrain['deadlines'] {
  const plan = planOf(state);
  const { drainMinAt, arrivalsMaxAt, drainMaxAt, endAt, healAt } = plan;
  const keptAt = state.phase === 'draining' ? keptMaxAt(state, plan) : undefined;
  return { drainMinAt, arrivalsMaxAt, keptMaxAt: keptAt ?? null, drainMaxAt, endAt, healAt };
}

function evidenceText(state: Exclude<State, Serving>): string | null {
  if (state.phase === 'settling') return null;
  if (state.kind === 'restart') return 'hooks of others alone';
  return state.evidence;
}
