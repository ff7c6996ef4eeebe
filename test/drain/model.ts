import assert from 'node:assert/strict';
import type { Effect, Event } from '../../lib/drain/event.ts';
import { containerOf, planOf, SETTLE_MS } from '../../lib/drain/plan.ts';
import type { InFlight, Sample } from '../../lib/drain/sample.ts';
import { type HookName, type State, serving, type Termination, waiting } from '../../lib/drain/state.ts';
import { type Step, step } from '../../lib/drain/step.ts';
import { dependentsOf } from '../../lib/drain/waves.ts';
import type { Settings } from '../../lib/settings/settings.ts';
import { NOTHING } from './pods.ts';

/** A node of the search: the machine's state at a moment, and when it asked to be woken. */
interface Node {
  readonly state: State;
  readonly now: number;
  readonly wakeAt: number | undefined;
}

/**
 * Explores every state that one pod's drain can reach, breadth first: each event in each state, time abstracted to
 * "the deadline asked for has come, or not". Every transition is checked; nothing is sampled.
 *
 * @returns the number of distinct states
 */
export function explore(settings: Settings): number {
  const first: Node = { state: serving(settings), now: 1_000_000, wakeAt: undefined };
  const seen = new Set([keyOf(first)]);
  let frontier = [first];
  while (frontier.length > 0) {
    const next: Node[] = [];
    for (const node of frontier) {
      for (const event of eventsIn(node, settings)) {
        const result = step(node.state, event);
        check(node, event, result, settings);
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

/** Bare hooks and callers that vanish are left out of pods of three: no rule for order asks for them. */
function isSmall(settings: Settings): boolean {
  return settings.containers.length < 3;
}

/** Every event that can happen: all hooks, SIGTERM, every kind of sample, and the deadline's coming. */
function* eventsIn({ state, now, wakeAt }: Node, settings: Settings): Iterable<Event> {
  const named = [settings.self, ...settings.containers.map(({ name }) => name)];
  for (const container of named) yield { type: 'hook', container, now };
  if (isSmall(settings)) {
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

/** What must hold of every transition. */
function check(before: Node, event: Event, result: Step, settings: Settings): void {
  const { state } = result;
  const { now } = event;
  if (state.phase !== 'serving' && !state.exited) {
    assert.ok(result.wakeAt !== undefined && result.wakeAt > now, `${state.phase} waits without a deadline`);
    for (const name of waiting(state)) checkWait(state, name, now);
  }
  for (const effect of result.effects) checkEffect(before, effect, result, settings, now);
}

function checkWait(state: Exclude<State, { phase: 'serving' }>, name: HookName, now: number): void {
  const restartEnd = (state.hooks.get(name)?.since ?? 0) + Math.max(1000, state.settings.restartDrainMaxMs);
  const end = state.phase === 'draining' && state.kind === 'restart' ? restartEnd : planEnd(state);
  assert.ok(now < end, `the hook of ${name} waits past ${end - state.since} ms`);
}

function planEnd(state: Exclude<State, { phase: 'serving' }>): number {
  return state.since + state.settings.gracePeriodMs;
}

function checkEffect(before: Node, effect: Effect, result: Step, settings: Settings, now: number): void {
  if (
    effect.type === 'tell' &&
    effect.entry.type === 'drained' &&
    effect.entry.because === 'nothing in flight'
  ) {
    const read = result.state.phase === 'serving' ? undefined : result.state.sample;
    assert.ok(read?.at === now && read.read.inFlight.unknown === undefined, 'the unknown ended a drain');
    assert.ok(read.read.inFlight.requests + read.read.inFlight.inDoubt === 0);
  }
  if (effect.type === 'exit') {
    const hooks = result.state.phase === 'serving' ? [] : [...result.state.hooks.values()];
    assert.ok(
      !hooks.some(hook => hook.released === undefined && hook.callers > 0),
      'left while a hook waited',
    );
  }
  if (effect.type !== 'answer' || result.state.phase === 'serving') return;
  const state = result.state;
  if (state.phase === 'settling' || state.kind === 'restart') return;
  const plan = planOf(state);
  assert.ok(now >= plan.drainMinAt || wasReleased(before, effect.container), 'released before drain-min');
  if (effect.container === settings.self) {
    if (now >= plan.endAt || wasReleased(before, settings.self)) return;
    const late = waiting(state).filter(
      name => name !== settings.self && name !== null && outlives(settings, name),
    );
    assert.deepEqual(late, [], 'the agent was released before the others');
    return;
  }
  const dependents = dependentsOf(plan, effect.container ?? '');
  const running = dependents.filter(({ name }) => !state.stopped.has(name) && now < plan.stopBy(name));
  const isUp = now >= plan.releaseAt(effect.container ?? '');
  assert.ok(running.length === 0 || isUp, `${effect.container} was released before its dependents stopped`);
}

function wasReleased({ state }: Node, name: HookName): boolean {
  return state.phase !== 'serving' && state.hooks.get(name)?.released !== undefined;
}

function outlives(settings: Settings, name: string): boolean {
  return settings.containers.find(one => one.name === name)?.kind !== 'native-sidecar-before-agent';
}

/** Nothing but time passing must lead back to serving, or out. */
function checkLeadsOut({ state, wakeAt }: Node): void {
  let at = wakeAt;
  for (let ticks = 0; state.phase !== 'serving' && !state.exited; ticks += 1) {
    assert.ok(at !== undefined && ticks < 100, `${state.phase} has no way out`);
    ({ state, wakeAt: at } = step(state, { type: 'tick', now: at }));
  }
}

/** One key for the states that no rule can tell apart: of each time, only which deadlines have come since. */
function keyOf({ state, now }: Node): string {
  if (state.phase === 'serving') return `serving ${state.ownReleased}`;
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
    gone.map(([name, count]) => [name, Math.min(2, count)]).toSorted(),
    terminating === undefined ? [isRestart] : terminationKey(terminating, now),
    state.exited,
  ]);
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
