import type { Event } from '../../lib/drain/event.ts';
import { containerOf, planOf, SETTLE_MS } from '../../lib/drain/plan.ts';
import type { InFlight, Sample } from '../../lib/drain/sample.ts';
import { type State, serving, type Termination } from '../../lib/drain/state.ts';
import { step } from '../../lib/drain/step.ts';
import type { Settings } from '../../lib/settings/settings.ts';
import { NOTHING } from './pods.ts';
import { checkLeadsOut, checkTransition, type Moment } from './promises.ts';

/** Less than `drain-min` and the stop-timeouts need together. */
const SHORT_GRACE_MS = 7000;

/**
 * Explores every state that one pod's drain can reach, breadth first: each event in each state, time abstracted to
 * "the deadline asked for has come, or not". Every transition is checked; nothing is sampled.
 *
 * @param told what the API may tell: nothing, or a deletion (with the pod's own grace period or a shorter one) and
 * whether the slices have let the pod go
 * @returns the number of distinct states
 */
export function explore(settings: Settings, told: 'nothing' | 'by the API' = 'nothing'): number {
  const first: Moment = { state: serving(settings), now: 1_000_000, wakeAt: undefined };
  const seen = new Set([keyOf(first)]);
  let frontier = [first];
  while (frontier.length > 0) {
    const next: Moment[] = [];
    for (const node of frontier) {
      for (const event of [...eventsIn(node, settings, told), ...toldIn(node, settings, told)]) {
        const result = step(node.state, event);
        checkTransition(node, event, result);
        const reached = { state: result.state, now: event.now, wakeAt: result.wakeAt };
        const key = keyOf(reached);
        if (seen.has(key)) continue;
        seen.add(key);
        checkLeadsOut(reached);
        next.push(reached);
      }
    }
    frontier = next;
  }
  return seen.size;
}

/** Bare hooks and callers that vanish are left out of the larger searches: no rule for order asks for them. */
function isSmall(settings: Settings, told: 'nothing' | 'by the API'): boolean {
  return settings.containers.length < (told === 'nothing' ? 3 : 2);
}

/** What the API may tell at any time, once or again. */
function* toldIn(
  { state, now }: Moment,
  settings: Settings,
  told: 'nothing' | 'by the API',
): Iterable<Event> {
  if (told === 'nothing') return;
  for (const graceMs of [settings.gracePeriodMs, SHORT_GRACE_MS]) yield { type: 'deletion', graceMs, now };
  if (state.phase === 'draining') {
    for (const withdrawn of [true, false]) yield { type: 'withdrawal', withdrawn, now };
  }
}

/** Every event that can happen: all hooks, SIGTERM, every kind of sample, and the deadline's coming. */
function* eventsIn(
  { state, now, wakeAt }: Moment,
  settings: Settings,
  told: 'nothing' | 'by the API',
): Iterable<Event> {
  const named = [settings.self, ...settings.containers.map(({ name }) => name)];
  for (const container of named) yield { type: 'hook', container, now };
  if (isSmall(settings, told)) {
    yield { type: 'hook', container: null, now };
    for (const container of [null, ...named]) yield { type: 'hook-left', container, now };
  }
  yield { type: 'sigterm', now };
  yield { type: 'tick', now };
  if (wakeAt !== undefined) yield { type: 'tick', now: wakeAt };
  if (state.phase === 'serving') return;
  for (const read of samples(state, settings, now)) yield { type: 'sample', sample: read, now };
}

/**
 * Every reading of arrivals and of what is in flight, then every set of containers that are gone. The two are read
 * by different rules, so they are varied in turn; samples of one instant follow each other in the search anyhow.
 */
function* samples(
  state: Exclude<State, { phase: 'serving' }>,
  settings: Settings,
  now: number,
): Iterable<Sample> {
  const containers = settings.containers.filter(({ ports }) => ports.length > 0).map(({ name }) => name);
  for (const inFlight of [
    NOTHING,
    { ...NOTHING, requests: 1, oldestBegunAt: state.since },
    { ...NOTHING, requests: 1, oldestBegunAt: now },
    { ...NOTHING, unknown: 'refused' },
  ]) {
    for (const arrivals of ['arriving', 'silent', 'untold'] as const) {
      yield sampleOf(arrivals, inFlight, containers, [...state.gone.keys()]);
    }
  }
  for (let bits = 0; bits < 1 << containers.length; bits += 1) {
    const gone = containers.filter((_, index) => (bits >> index) & 1);
    yield sampleOf('arriving', NOTHING, containers, gone);
  }
}

function sampleOf(
  arrivals: Sample['arrivals'],
  inFlight: InFlight,
  containers: readonly string[],
  gone: readonly string[],
): Sample {
  const read = containers.map(name => [name, { inFlight, gone: gone.includes(name) }] as const);
  return { arrivals, lastArrivalAt: undefined, inFlight, containers: new Map(read) };
}

/** One key for the states that no rule can tell apart: of each time, only which deadlines have come since. */
function keyOf({ state, now }: Moment): string {
  if (state.phase === 'serving') return `serving ${state.ownReleasedAt !== undefined} ${toldKey(state, now)}`;
  const isRestart = state.phase === 'draining' && state.kind === 'restart';
  const { settings } = state;
  const hooks = [...state.hooks].map(([name, hook]) => {
    if (hook.released !== undefined)
      return [name, releasedKey(settings, name ?? '', now - hook.released.at, isRestart)];
    return [name, Math.min(1, hook.callers), isRestart ? restartTimes(settings, now - hook.since) : 0];
  });
  const terminating = 'stopped' in state ? state : undefined;
  const gone = [...state.gone].filter(([name]) => terminating?.stopped.has(name) !== true);
  return JSON.stringify([
    state.phase,
    hooks.toSorted((a, b) => String(a[0]).localeCompare(String(b[0]))),
    state.sigtermAt === undefined ? 0 : isRestart && now - state.sigtermAt >= SETTLE_MS ? 2 : 1,
    gone.map(([name, count]) => `${name} ${Math.min(2, count)}`).toSorted(),
    terminating === undefined ? [isRestart] : terminationKey(terminating, now),
    toldKey(state, now),
    state.exited,
  ]);
}

/** Before `drain-min` alone it matters whether the slices have let the pod go. */
function toldKey(state: State, now: number): string {
  const { deletion, withdrawn } = state.told;
  const isEarly =
    state.phase === 'draining' && state.kind === 'termination' && now < planOf(state).drainMinAt;
  return `${deletion?.graceMs} ${isEarly && withdrawn}`;
}

/** The time since a release matters to a restart, and where nothing but time tells that a container stopped. */
function releasedKey(settings: Settings, name: string, age: number, isRestart: boolean): string {
  const { ports, stopTimeoutMs } = containerOf(settings, name);
  return (isRestart || ports.length === 0) && age >= stopTimeoutMs ? 'over' : 'released';
}

function restartTimes(settings: Settings, age: number): number {
  return Number(age >= SETTLE_MS) + Number(age >= settings.restartDrainMaxMs);
}

function terminationKey(state: Termination, now: number): unknown[] {
  const plan = planOf(state);
  const deadlines = [
    state.since + plan.withdrawnQuietMs,
    plan.drainMinAt,
    plan.arrivalsMaxAt,
    plan.drainMaxAt,
    plan.endAt,
    ...plan.containers.flatMap(({ name }) => [plan.releaseAt(name), plan.stopBy(name)]),
  ];
  const ended = state.phase === 'draining' ? state.arrivalsEnded : undefined;
  return [
    deadlines.filter(at => now >= at).length,
    [...state.stopped.keys()].toSorted(),
    ended === undefined ? 0 : ended.because === 'deadline' ? 2 : 1,
    ended !== undefined && now - ended.at >= state.settings.drainKeptMaxMs,
  ];
}
