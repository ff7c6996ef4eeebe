import { hasOnlyLater, keptMaxAt } from './draining.ts';
import { type Plan, planOf, restartMaxMs, SETTLE_MS } from './plan.ts';
import { restartStopMs } from './restart.ts';
import type { InFlight } from './sample.ts';
import { type Draining, nameOf, type Restarting, type State, type Termination, waiting } from './state.ts';
import { dependentsOf, hasStopped, outlived } from './waves.ts';

/** What a drain waits for, in words, and until when at the latest (ms since the epoch). */
export interface Wait {
  readonly what: string;
  readonly untilAt: number;
}

const OTHER_HOOKS = 'other hooks, to tell a termination from a restart';

/** @returns why this drain is not over yet, first cause first; empty where nothing is waited for. */
export function waitsOf(state: State): Wait[] {
  if (state.phase === 'serving') return [];
  if (state.phase === 'settling') {
    return [{ what: OTHER_HOOKS, untilAt: state.since + SETTLE_MS }];
  }
  if (state.kind === 'restart') return restartWaits(state);
  const plan = planOf(state);
  return state.phase === 'draining' ? drainWaits(state, plan) : releaseWaits(state, plan);
}

function restartWaits(state: Restarting): Wait[] {
  const { self } = state.settings;
  return [...state.hooks].flatMap(([name, { since, released }]) => {
    if (name === self)
      return released === undefined ? [{ what: OTHER_HOOKS, untilAt: since + SETTLE_MS }] : [];
    if (released !== undefined) {
      const untilAt = released.at + restartStopMs(state, name);
      return [{ what: `${name ?? 'a container'}, which restarts, to stop`, untilAt }];
    }
    const what = `what is in flight in ${name ?? 'the pod'}, which restarts`;
    return [{ what, untilAt: since + restartMaxMs(state.settings) }];
  });
}

function drainWaits(state: Draining, plan: Plan): Wait[] {
  // The machine has no clock between two events: it is as late as the last reading of the sockets says.
  const at = state.sample?.at ?? state.since;
  const waits: Wait[] = [];
  if (at < plan.drainMinAt && state.arrivalsEnded === undefined) {
    waits.push({ what: 'drain-min', untilAt: plan.drainMinAt });
  }
  if (state.arrivalsEnded === undefined && at < plan.arrivalsMaxAt) {
    waits.push({ what: 'new connections to end', untilAt: Math.min(plan.arrivalsMaxAt, plan.drainMaxAt) });
  }
  const inFlight = state.sample?.read.inFlight;
  const what = inFlightWords(inFlight);
  const onlyLater = inFlight !== undefined && hasOnlyLater(state, inFlight);
  const untilAt = (onlyLater ? keptMaxAt(state, plan) : undefined) ?? plan.drainMaxAt;
  if (what !== undefined) waits.push({ what: `${what}${whereInFlight(state)}`, untilAt });
  return waits;
}

/** The pod's own number counts what comes from outside, a container's all of it: the names are where to look. */
function whereInFlight({ sample, settings }: Draining): string {
  if (sample === undefined || sample.read.inFlight.unknown !== undefined) return '';
  const { containers } = sample.read;
  const names = settings.containers
    .filter(({ critical }) => critical)
    .map(({ name }) => name)
    .filter(name => {
      const read = containers.get(name)?.inFlight;
      return read !== undefined && read.requests + read.inDoubt > 0;
    });
  return names.length === 0 ? '' : `, in ${names.join(', ')}`;
}

/** @returns what is in flight, in words; undefined when it is known to be nothing. */
export function inFlightWords(inFlight: InFlight | undefined): string | undefined {
  if (inFlight === undefined) return 'a first reading of the sockets';
  const { requests, inDoubt, unknown } = inFlight;
  if (unknown !== undefined) return `what is in flight, which cannot be read: ${unknown}`;
  if (requests + inDoubt === 0) return undefined;
  const doubt = inDoubt === 0 ? '' : ` (${inDoubt} of them in doubt)`;
  return `${requests + inDoubt} ${requests + inDoubt === 1 ? 'request' : 'requests'} in flight${doubt}`;
}

function releaseWaits(state: Termination, plan: Plan): Wait[] {
  return waiting(state).map(hook => {
    const name = nameOf(hook);
    const others = (name === state.settings.self ? outlived(plan) : dependentsOf(plan, name))
      .map(container => container.name)
      .filter(other => !hasStopped(state, other))
      .map(other => other || 'a container');
    const untilAt = name === state.settings.self ? plan.endAt : plan.releaseAt(name);
    return { what: `${others.join(', ')} to stop, before ${name} is released`, untilAt };
  });
}
