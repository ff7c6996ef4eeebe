/** What the drain promises, of every single transition: the search and the random stories check the same. */
import assert from 'node:assert/strict';
import type { DrainedBecause } from '../../lib/drain/entry.ts';
import type { Effect, Event } from '../../lib/drain/event.ts';
import { planOf } from '../../lib/drain/plan.ts';
import { type HookName, type State, type Termination, waiting } from '../../lib/drain/state.ts';
import { type Step, step } from '../../lib/drain/step.ts';
import { dependentsOf } from '../../lib/drain/waves.ts';
import type { Settings } from '../../lib/settings/settings.ts';

/** The machine's state at a moment, and when it asked to be woken. */
export interface Moment {
  readonly state: State;
  readonly now: number;
  readonly wakeAt: number | undefined;
}

type Active = Exclude<State, { phase: 'serving' }>;

const PHASES: readonly State['phase'][] = ['serving', 'settling', 'draining', 'stopping', 'stopped'];

/** Throws when the step that `event` led to breaks a promise. */
export function checkTransition(before: Moment, event: Event, result: Step): void {
  const { state } = result;
  const { now } = event;
  if (state.phase !== 'serving' && !state.exited) {
    assert.ok(result.wakeAt !== undefined && result.wakeAt > now, `${state.phase} waits without a deadline`);
    for (const name of waiting(state)) checkWait(state, name, now);
  }
  for (const effect of result.effects) checkEffect(before, effect, state, now);
  checkNobodyForgotten(before, event, result);
  checkArrivalsEndOnce(before, result);
  const [from, to] = [PHASES.indexOf(before.state.phase), PHASES.indexOf(state.phase)];
  assert.ok(to >= from || state.phase === 'serving', `${before.state.phase} went back to ${state.phase}`);
}

/** Nothing but time passing must lead back to serving, or out. */
export function checkLeadsOut({ state, wakeAt }: Moment): void {
  let at = wakeAt;
  for (let ticks = 0; state.phase !== 'serving' && !state.exited; ticks += 1) {
    assert.ok(at !== undefined && ticks < 100, `${state.phase} has no way out`);
    ({ state, wakeAt: at } = step(state, { type: 'tick', now: at }));
  }
}

/** Nobody waits past the grace period, which the deletion may have shortened, or past a restart's bound. */
function checkWait(state: Active, name: HookName, now: number): void {
  const { gracePeriodMs, restartDrainMaxMs } = state.settings;
  const isRestart = state.phase === 'draining' && state.kind === 'restart';
  const end = isRestart
    ? (state.hooks.get(name)?.since ?? 0) + Math.min(gracePeriodMs, Math.max(1000, restartDrainMaxMs))
    : state.since + Math.min(gracePeriodMs, state.told.deletion?.graceMs ?? gracePeriodMs);
  assert.ok(now < end, `the hook of ${name} waits past ${end - state.since} ms`);
}

/** Each hook that was waiting, or has just come, waits still or is answered. */
function checkNobodyForgotten(before: Moment, event: Event, { state, effects }: Step): void {
  const waited = before.state.phase === 'serving' ? [] : waiting(before.state);
  const waits = new Set(state.phase === 'serving' ? [] : waiting(state));
  const answered = new Set(effects.flatMap(effect => (effect.type === 'answer' ? [effect.container] : [])));
  for (const name of event.type === 'hook' ? [...waited, event.container] : waited) {
    assert.ok(waits.has(name) || answered.has(name), `the hook of ${name} was forgotten`);
  }
}

/** The arrivals' end is told once, unless it was told in between that it does not hold. */
function checkArrivalsEndOnce({ state }: Moment, { effects }: Step): void {
  let isEnded = 'arrivalsEnded' in state && state.arrivalsEnded !== undefined;
  for (const effect of effects) {
    const type = effect.type === 'tell' ? effect.entry.type : undefined;
    if (type !== 'arrivals-ended' && type !== 'arrivals-resumed') continue;
    assert.equal(isEnded, type === 'arrivals-resumed', `told twice: ${type}`);
    isEnded = !isEnded;
  }
}

function checkEffect(before: Moment, effect: Effect, state: State, now: number): void {
  if (effect.type === 'tell' && effect.entry.type === 'drained') {
    if (effect.entry.because === 'nothing in flight') checkNothingLeft(state, now);
    checkLongEnough(state, effect.entry.because, now);
  }
  if (effect.type === 'exit') {
    const hooks = state.phase === 'serving' ? [] : [...state.hooks.values()];
    const left = hooks.some(({ released, callers }) => released === undefined && callers > 0);
    assert.ok(!left, 'left while a hook waited');
  }
  // Where the agent leaves, its listener goes, and with it the hook: it is as with no hook at all.
  const isLeft = effect.type === 'answer' && effect.because === 'agent leaves';
  if (effect.type === 'answer' && !isLeft && 'stopped' in state && !wasReleased(before, effect.container)) {
    checkRelease(state, effect.container, now);
  }
}

function checkNothingLeft(state: State, now: number): void {
  const read = state.phase === 'serving' ? undefined : state.sample;
  assert.ok(read?.at === now && read.read.inFlight.unknown === undefined, 'the unknown ended a drain');
  assert.equal(read.read.inFlight.requests + read.read.inFlight.inDoubt, 0);
}

/** Before `drain-min` nothing ends a drain but a reading of now: silent for long, nothing in flight, and no slice holds the pod. */
function checkLongEnough(state: State, because: DrainedBecause, now: number): void {
  assert.ok('stopped' in state);
  const { drainMinAt, withdrawnQuietMs } = planOf(state);
  if (now >= drainMinAt) return;
  assert.equal(because, 'nothing in flight', 'cut off before drain-min');
  assert.ok(state.told.withdrawn, 'drained before drain-min, though not withdrawn');
  assert.equal(state.sample?.read.arrivals, 'silent', 'drained before drain-min without silence');
  const quietMs = now - Math.max(state.since, state.sample?.read.lastArrivalAt ?? state.since);
  assert.ok(quietMs >= withdrawnQuietMs, `drained before drain-min, after ${quietMs} ms of silence`);
}

/** Nobody is released before the drain's end (or `drain-min`, where a dependency is gone), nor before its dependents stopped or its time is up; the agent is last. */
function checkRelease(state: Termination, name: HookName, now: number): void {
  const { settings } = state;
  const plan = planOf(state);
  assert.ok(now >= plan.drainMinAt || state.phase !== 'draining', 'released before drain-min');
  if (name === settings.self) {
    const late = waiting(state).filter(other => other !== null && isOutlived(settings, other));
    assert.ok(now >= plan.endAt || late.length === 0, `the agent was released before ${late.join(', ')}`);
    return;
  }
  const dependents = dependentsOf(plan, name ?? '');
  const running = dependents.filter(other => !state.stopped.has(other.name) && now < plan.stopBy(other.name));
  const isUp = now >= plan.releaseAt(name ?? '');
  assert.ok(running.length === 0 || isUp, `${name} was released before its dependents stopped`);
}

function wasReleased({ state }: Moment, name: HookName): boolean {
  return state.phase !== 'serving' && state.hooks.get(name)?.released !== undefined;
}

function isOutlived({ self, containers }: Settings, name: string): boolean {
  return name !== self && containers.find(one => one.name === name)?.kind !== 'native-sidecar-before-agent';
}
