/** One pod's entries as what is to be drawn of them: lanes, traffic, and the moments that matter. No geometry. */
import type { CheckEntry, Entry } from './entry.ts';
import { originOf } from './origin.ts';
import { type Lane, lanesOf } from './spans.ts';
import { type Traffic, trafficOf } from './traffic.ts';
import { spell } from './words.ts';

/** One pod's story, to be drawn. */
export interface Run {
  readonly title: string;
  readonly entries: readonly Entry[];
  /** The lanes, from the top down. */
  readonly containers: readonly string[];
  /** What the load's clients had of it. */
  readonly verdict?: RunVerdict;
  /** Where the story is still going on: the present, in ms since the epoch. */
  readonly now?: number;
  /** The end of the grace period, where no deletion among the entries tells it. */
  readonly graceEndsAt?: number;
}

/** `cut`: requests whose connection broke before the whole answer had come; they are not among the `failed`. */
export interface RunVerdict {
  readonly sent: number;
  readonly failed: number;
  readonly cut: number;
  readonly longestOutageMs: number;
  /** From the deletion to the last container's end; null where that was not seen. */
  readonly terminationMs: number | null;
}

export interface Mark {
  readonly at: number;
  readonly label: string;
}

/** Times in ms since the epoch. */
export interface Story {
  /** What times are relative to, and its name. */
  readonly origin: number;
  readonly originName: string;
  readonly from: number;
  readonly until: number;
  readonly lanes: readonly Lane[];
  readonly traffic: Traffic | undefined;
  readonly marks: readonly Mark[];
}

/** The end of the grace period is shown only when the story came near it: at most this much further on. */
const BEYOND_THE_END = 1.25;

const QUIET_LEAD = 0.15;

/** @returns what is to be drawn of a run. */
export function storyOf({ entries, containers, now, graceEndsAt }: Run): Story {
  const origin = originOf(entries);
  const ends = entries.map(entry => (entry.type === 'outage' ? entry.untilAt : entry.at));
  const last = Math.max(origin, ...ends, now ?? origin);
  const from = beginning(entries, origin, last);
  const deleted = entries.find(entry => entry.type === 'deleted');
  const graceEnd = deleted === undefined ? graceEndsAt : deleted.at + deleted.gracePeriodMs;
  const near = graceEnd !== undefined && graceEnd - origin <= (last - origin) * BEYOND_THE_END;
  const marks = momentsOf(entries, origin);
  if (near) marks.push({ at: graceEnd, label: `grace period ends, ${since(graceEnd, origin)}` });
  if (now !== undefined) marks.push({ at: now, label: `now, ${since(now, origin)}` });
  return {
    origin,
    originName: deleted === undefined ? 'first hook' : 'deletion',
    from,
    until: near ? Math.max(last, graceEnd) : last,
    lanes: lanesOf(entries, containers, from, last),
    traffic: trafficOf(entries, from, last),
    marks: marks.toSorted((a, b) => a.at - b.at),
  };
}

/** The lead before the origin: short where nothing happened in it but starting, else from the first entry. */
function beginning(entries: readonly Entry[], origin: number, last: number): number {
  const first = Math.min(origin, ...entries.map(entry => entry.at));
  const eventful = entries.some(
    entry =>
      entry.at < origin &&
      (entry.type === 'outage' || entry.type === 'exited' || (entry.type === 'check' && isTrouble(entry))),
  );
  return eventful ? first : Math.max(first, origin - (last - origin) * QUIET_LEAD);
}

function isTrouble({ outcome }: CheckEntry): boolean {
  return outcome === 'failed' || outcome === 'tolerated';
}

function momentsOf(entries: readonly Entry[], origin: number): Mark[] {
  const watched = entries.some(entry => entry.actor === 'load');
  const marks: Mark[] = [];
  // Of a crash loop the first time tells enough.
  const wentOut = entries.find(entry => entry.type === 'pod-ready' && !entry.ready);
  for (const entry of entries) {
    const label = momentOf(entry, watched, entry === wentOut && entry.at < origin);
    if (label !== undefined)
      marks.push({
        at: entry.at,
        label: entry.at === origin ? label : `${label}, ${since(entry.at, origin)}`,
      });
  }
  const deleted = entries.some(entry => entry.type === 'deleted');
  return deleted || entries.length === 0 ? marks : [{ at: origin, label: 'first hook' }, ...marks];
}

/** Where the load was watched it has a row of its own, and needs no mark. */
function momentOf(entry: Entry, watched: boolean, wentOut: boolean): string | undefined {
  if (entry.type === 'arrivals-ended' && !watched) {
    return entry.because === 'deadline' ? 'drain-arrivals-max' : 'no new connections';
  }
  if (entry.type === 'deleted') return 'pod deleted';
  if (wentOut) return 'pod not ready';
  if (entry.type === 'healed') return 'false alarm';
  if (entry.type !== 'drained') return undefined;
  return entry.because === 'nothing in flight' ? 'drained' : `drain cut off by ${entry.because}`;
}

function since(at: number, origin: number): string {
  return `${at < origin ? '-' : '+'}${spell(Math.abs(at - origin))}`;
}
