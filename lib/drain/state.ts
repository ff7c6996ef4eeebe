import type { Settings } from '../settings/settings.ts';
import type { ArrivalsEndedBecause, Evidence, ReleasedBecause } from './entry.ts';
import type { Sample } from './sample.ts';

/** Whose hook: a container's name, or null for a bare `/drain`, which does not say. */
export type HookName = string | null;

/** A preStop request, however many callers wait in it (a restarted kubelet calls again). */
export interface Hook {
  readonly since: number;
  /** Requests that wait for the answer now. */
  readonly callers: number;
  /** All its callers had gone away once: that is told one time only. */
  readonly left: boolean;
  readonly released: { readonly at: number; readonly because: ReleasedBecause } | undefined;
}

/** How it is known that a container no longer serves. */
export interface Stopped {
  readonly at: number;
  readonly because: 'seen' | 'assumed' | 'time';
}

/** What the API has told, where it is watched. Where it has told nothing, that proves nothing. */
export interface ToldByApi {
  /** The pod is being deleted, which nothing undoes. `at`: when that was told first. */
  readonly deletion: { readonly at: number; readonly graceMs: number } | undefined;
  /** No EndpointSlice that held the pod holds it any more, unless as terminating. */
  readonly withdrawn: boolean;
}

/** Nothing is asked of the agent but the truth. */
export interface Serving {
  readonly phase: 'serving';
  readonly settings: Settings;
  /** The own hook was answered as that of a restart of the agent: SIGTERM follows, and nothing is to wait for. */
  readonly ownReleasedAt: number | undefined;
  readonly told: ToldByApi;
}

/** What every phase but `serving` carries. Settings are latched by the first hook; newer ones wait in `next`. */
interface Active {
  readonly settings: Settings;
  readonly next: Settings | undefined;
  /** The first hook's arrival, or SIGTERM's where that came first: the grace period began then, at the latest. */
  readonly since: number;
  readonly hooks: ReadonlyMap<HookName, Hook>;
  readonly sigtermAt: number | undefined;
  readonly sample: { readonly at: number; readonly read: Sample } | undefined;
  /** Containers that the last sample showed gone, and in how many samples in a row. */
  readonly gone: ReadonlyMap<string, number>;
  readonly told: ToldByApi;
  /** The agent has been told to leave; nothing is done any more. */
  readonly exited: boolean;
}

/** Restart or termination? A hook does not say (ARCHITECTURE.md, K4). */
export interface Settling extends Active {
  readonly phase: 'settling';
}

/** Single containers restart; the pod stays. */
export interface Restarting extends Active {
  readonly phase: 'draining';
  readonly kind: 'restart';
}

interface Terminating extends Active {
  readonly kind: 'termination';
  /** What proved it. */
  readonly evidence: Evidence;
  readonly stopped: ReadonlyMap<string, Stopped>;
}

/** The pod terminates, and its traffic is waited for. */
export interface Draining extends Terminating {
  readonly phase: 'draining';
  readonly arrivalsEnded: { readonly at: number; readonly because: ArrivalsEndedBecause } | undefined;
}

/** The pod terminates, and containers are released in waves. */
export interface Stopping extends Terminating {
  readonly phase: 'stopping';
}

/** Everybody has stopped or had their time; the agent is the last. */
export interface Over extends Terminating {
  readonly phase: 'stopped';
}

export type Termination = Draining | Stopping | Over;

/**
 * `phase` is how far it has come, which is told (`/status`, metrics); `kind` is what it is, known once it has settled.
 * `draining` is of either kind, so that rules ask for the `kind` first; the phases after it are a termination's alone.
 */
export type State = Serving | Settling | Restarting | Termination;

/**
 * @param deletion what the API has told of the pod's deletion; nothing, where an agent starts
 * @returns the state in which an agent starts, and to which a drain comes back
 */
export function serving(settings: Settings, deletion?: ToldByApi['deletion']): Serving {
  return { phase: 'serving', settings, ownReleasedAt: undefined, told: { deletion, withdrawn: false } };
}

/** @returns the hooks that have not been answered yet, whether or not their callers are still there. */
export function waiting(state: Exclude<State, Serving>): HookName[] {
  return [...state.hooks].filter(([, hook]) => hook.released === undefined).map(([name]) => name);
}

/** @returns whether two samples in a row show the container gone: one might have fallen into a re-listen. */
export function isSeenGone(state: Exclude<State, Serving>, name: string): boolean {
  return (state.gone.get(name) ?? 0) >= 2;
}

/** @returns the name of a hook's container; the bare hook's is empty, which no container's is. */
export function nameOf(hook: HookName): string {
  return hook ?? '';
}

/** @returns the hook of a name that `nameOf` returned. */
export function hookOf(name: string): HookName {
  return name === '' ? null : name;
}
