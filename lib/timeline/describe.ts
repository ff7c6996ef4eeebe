/**
 * One short, plain, exact line for each thing that can happen to a pod. The log, the status page, the picture and
 * the terminal all say it with these words, so that what is read in one can be searched for in another.
 */
import type { DrainEntry, Evidence } from '../drain/entry.ts';
import type { InFlight } from '../drain/sample.ts';
import type { KubeletEntry } from '../kubelet/entry.ts';
import type { CheckEntry, Entry, LoadEntry, WarningEntry } from './entry.ts';
import { count, list, oneLine, spell } from './words.ts';

/** @returns the line with its container's name in front: `rails released: drain over; 0 in flight`. */
export function describe(entry: Entry): string {
  const container = containerOf(entry);
  return container === undefined ? lineOf(entry) : `${container} ${lineOf(entry)}`;
}

/** @returns the name of the container that the entry is about; undefined where it is about the whole pod. */
export function containerOf(entry: Entry): string | undefined {
  if (!('container' in entry) || entry.container === null) return undefined;
  return oneLine(entry.container, 63);
}

/** @returns the line without the container's name, for where that has a column of its own. */
export function lineOf(entry: Entry): string {
  switch (entry.actor) {
    case 'podusher':
      return drainLine(entry);
    case 'kubelet':
      return kubeletLine(entry);
    case 'load':
      return loadLine(entry);
  }
}

/**
 * @returns what is in flight, in words: `nothing in flight`, `3 requests in flight, the oldest 2.1 s old`,
 * `2 requests in flight and 1 in doubt, …`, with the reason where it could not be read in full.
 * @param at when it was measured, in ms since the epoch: the age counts from the oldest's beginning to it
 */
export function describeInFlight(inFlight: InFlight, at: number): string {
  const { requests, inDoubt, oldestBegunAt } = inFlight;
  const unknown = inFlight.unknown === undefined ? undefined : oneLine(inFlight.unknown);
  if (requests + inDoubt === 0)
    return unknown === undefined ? 'nothing in flight' : `in flight unknown: ${unknown}`;
  const sure = requests > 0 ? `${count(requests, 'request')} in flight` : '';
  const doubt = inDoubt > 0 ? `${inDoubt} in doubt` : '';
  const parts = [[sure, doubt].filter(Boolean).join(' and ')];
  if (oldestBegunAt !== undefined) parts.push(`the oldest ${spell(at - oldestBegunAt)} old`);
  if (unknown !== undefined) parts.push(`at least: ${unknown}`);
  return parts.join(', ');
}

/** It may bring all problems of the annotations. */
const LONGEST_WARNING = 600;

function drainLine(entry: DrainEntry | WarningEntry | CheckEntry): string {
  switch (entry.type) {
    case 'check':
      return `${checked(entry)}${because(entry.reason)}`;
    case 'warning':
      return oneLine(entry.message, LONGEST_WARNING);
    case 'hook':
      return entry.container === null ? 'preStop hook called; it names no container' : 'preStop hook called';
    case 'hook-left':
      return `${entry.container === null ? 'a ' : ''}preStop caller left before its answer`;
    case 'sigterm':
      return 'the agent got SIGTERM';
    case 'deletion':
      return `the API tells that the pod is being deleted; grace period ${spell(entry.graceMs)}`;
    case 'withdrawn':
      return 'no EndpointSlice sends new connections here any more';
    case 'taken-up':
      return 'an EndpointSlice sends new connections here again';
    case 'termination':
      return `the pod terminates: ${EVIDENCE[entry.evidence]}`;
    case 'restart':
      return `${entry.container === null ? 'a container ' : ''}restarts: the agent's own hook was not called`;
    case 'agent-restart':
      return 'the agent restarts: its own hook alone was called, so nothing drains';
    case 'arrivals-ended':
      return arrivalsLine(entry);
    case 'arrivals-resumed':
      return entry.because === 'arriving'
        ? 'new connections come again'
        : 'drain-min must pass after all: it is in doubt again that new connections have ended';
    case 'drained':
      return entry.because === 'nothing in flight'
        ? 'drained: nothing in flight'
        : `drain cut off by ${entry.because}: ${left(entry)}`;
    case 'dependency-gone':
      return `is gone, but ${list(entry.dependents.map(name => oneLine(name, 63)))} ${entry.dependents.length === 1 ? 'depends' : 'depend'} on it`;
    case 'released':
      return `${entry.container === null ? 'hooks that name no container ' : ''}released: ${entry.because}; ${left(entry)}`;
    case 'stopped':
      return STOPPED[entry.because];
    case 'healed':
      return 'false alarm: still alive after the grace period, so serving again';
    case 'exit':
      return 'the agent leaves';
  }
}

const CHECKED = {
  passed: 'ready',
  failed: 'not ready',
  terminating: 'not ready any more',
  tolerated: 'not ready, but non-critical, so it does not block',
  unobserved: 'not observed, so it does not block',
} as const satisfies Readonly<Record<CheckEntry['outcome'], string>>;

function checked({ container, outcome }: CheckEntry): string {
  if (container !== null) return CHECKED[outcome];
  // The kubelet's own line, that podusher answers 503, is next to come.
  return outcome === 'terminating' ? 'pod not ready any more, as it should be' : `pod ${CHECKED[outcome]}`;
}

const EVIDENCE = {
  'own hook and another': "the agent's own hook and another were called",
  deletionTimestamp: 'a hook was called, and the API tells of its deletion',
  SIGTERM: 'the agent got SIGTERM',
} as const satisfies Readonly<Record<Evidence, string>>;

const STOPPED = {
  seen: 'stopped: nothing of it is left to be seen',
  assumed: 'taken as stopped: nothing can show it, and its stop-timeout is over',
  time: 'taken as stopped: its time is up',
} as const;

function arrivalsLine(entry: Extract<DrainEntry, { type: 'arrivals-ended' }>): string {
  const last =
    entry.lastArrivalAt === undefined
      ? 'none came'
      : `the last came ${spell(entry.at - entry.lastArrivalAt)} ago`;
  switch (entry.because) {
    case 'silence':
      return `no new connections any more: ${last}; ${whyNow(entry)}`;
    case 'withdrawn':
      return `no new connections any more, before drain-min: ${last}, and no EndpointSlice sends any`;
    case 'untold':
      return 'new connections are too rare to tell their end by silence: drain-min decided';
    case 'deadline':
      return `new connections did not end by drain-arrivals-max: ${last}`;
  }
}

/** In a drain the sockets are read every 0.2 s, or somewhat later on a busy node. */
const AT_ONCE_MS = 500;

/** What the end of the arrivals had to wait for: the two are different settings. */
function whyNow({ at, drainMinAt }: Extract<DrainEntry, { type: 'arrivals-ended' }>): string {
  return at - drainMinAt < AT_ONCE_MS ? 'drain-min is over' : 'so long a silence was needed to tell';
}

function left(entry: { readonly at: number; readonly left: InFlight | undefined }): string {
  if (entry.left === undefined) return 'in flight not measured';
  const { requests, inDoubt, unknown } = entry.left;
  return requests + inDoubt === 0 && unknown === undefined
    ? '0 in flight'
    : describeInFlight(entry.left, entry.at);
}

function kubeletLine(entry: KubeletEntry): string {
  switch (entry.type) {
    case 'started':
      return entry.restarts === 0 ? 'started' : `started again, restart ${entry.restarts}`;
    case 'ready':
      return entry.ready ? 'ready' : `not ready${because(entry.reason)}`;
    case 'pod-ready':
      return entry.ready ? 'pod ready' : 'pod not ready';
    case 'restarting':
      return `restarts${because(entry.reason)}`;
    case 'deleted':
      return `pod deleted; grace period ${spell(entry.gracePeriodMs)}`;
    case 'hook-began':
      return 'preStop hook began';
    case 'hook-ended':
      return `preStop hook ${entry.outcome}${because(entry.reason)}`;
    case 'signal':
      return `gets ${entry.signal}`;
    case 'exited':
      if (entry.signal !== null) return `killed by ${oneLine(entry.signal)}`;
      return entry.code === null ? 'ended; how is not known' : `exited with code ${entry.code}`;
    case 'back-off':
      return `starts again in ${spell(entry.delayMs)} (back-off)`;
    case 'gone':
      return 'all containers have ended; the pod is gone';
  }
}

function loadLine(entry: LoadEntry): string {
  switch (entry.type) {
    case 'new-connections-end':
      return 'clients open no new connections any more';
    case 'kept-connections-leave':
      return 'clients close the connections they kept';
    case 'outage':
      return `${lost(entry)}${entry.untilAt > entry.at ? ` in ${spell(entry.untilAt - entry.at)}` : ''}${because(entry.reason)}`;
  }
}

/** @returns what clients lost: `412 requests failed`, `1 request cut`, `412 requests failed and 3 cut`. */
export function lost({ failed, cut }: { readonly failed: number; readonly cut: number }): string {
  if (cut === 0) return `${count(failed, 'request')} failed`;
  return failed === 0 ? `${count(cut, 'request')} cut` : `${count(failed, 'request')} failed and ${cut} cut`;
}

function because(reason: string): string {
  const clean = oneLine(reason);
  return clean === '' ? '' : `: ${clean}`;
}
