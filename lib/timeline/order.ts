/**
 * The order of a story that several have told. Each tells what it did in the order in which it did it; who was first
 * of two that tell of the same millisecond, their clocks cannot say, but the cause was.
 */
import { containerOf } from './describe.ts';
import type { Entry } from './entry.ts';

/** What, of the same container and told by another, an entry can only follow. */
const CAUSES: Readonly<Partial<Record<Entry['type'], Entry['type']>>> = {
  hook: 'hook-began',
  'hook-ended': 'released',
  stopped: 'exited',
};

const ACTORS = ['kubelet', 'podusher', 'load'] as const satisfies readonly Entry['actor'][];

/** @returns the entries in the order of their times, by the millisecond; of the same one, causes before effects. */
export function inOrder(entries: readonly Entry[]): Entry[] {
  const moments = Map.groupBy(entries, ({ at }) => Math.floor(at));
  return [...moments].toSorted(([a], [b]) => a - b).flatMap(([, moment]) => causesFirst(moment));
}

function causesFirst(moment: readonly Entry[]): Entry[] {
  const told = ACTORS.map(actor => moment.filter(entry => entry.actor === actor)).filter(
    one => one.length > 0,
  );
  if (told.length === 1) return [...moment];
  const ordered: Entry[] = [];
  while (ordered.length < moment.length) {
    const heads = told.filter(one => one.length > 0);
    const next = heads.find(([head]) => head !== undefined && !followsOneOf(head, told)) ?? heads[0];
    const entry = next?.shift();
    if (entry !== undefined) ordered.push(entry);
  }
  return ordered;
}

/** @returns whether the entry's cause is among those that are still to come. */
function followsOneOf(entry: Entry, told: readonly (readonly Entry[])[]): boolean {
  const cause = CAUSES[entry.type];
  if (cause === undefined) return false;
  const container = containerOf(entry);
  return told.some(one => one.some(other => other.type === cause && containerOf(other) === container));
}
