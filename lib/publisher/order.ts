/**
 * In which order the writes of one Service are made. Another change may end a plan after any of its writes, and the next
 * plan begins from its start; so what is first must be what matters most, and what has waited longest.
 *
 * Invariants: an endpoint that goes from one slice to another is in the new one before it leaves the old one. What takes
 * an endpoint out waits for nothing else.
 *
 * There is one exception: where the Service's ports were edited, and the pods' differ, two slices may exchange endpoints.
 * Then some are missing for one write; keeping them would publish them with the ports of others.
 */
import { type Endpoint, podNameOf, standing } from './endpoint.ts';
import { familyOf } from './service.ts';
import { isOlder } from './version.ts';
import { byKey, standingIn, type Write } from './write.ts';

/** So many of those that take an endpoint out, then one of the others: a storm of the ones must not starve these. */
const MOST_IN_A_ROW = 4;

/**
 * @returns them in their order: those that take an endpoint out, after those that put it elsewhere; creations; updates;
 *   deletions. Of a kind first the slice that was written the longest time ago.
 */
export function inOrder(writes: readonly Write[]): readonly Write[] {
  if (writes.length < 2) return writes;
  const needs = needsOf(writes);
  const rank = (write: Write): number => {
    if (write.takesOut) return needs.has(write) ? 1 : 0;
    return { create: 2, update: 3, delete: 4 }[write.type];
  };
  const ordered = new Set<Write>();
  const seen = new Set<Write>();
  // Slices that exchange endpoints are a circle, which ends where it began.
  const place = (write: Write): void => {
    if (seen.has(write)) return;
    seen.add(write);
    for (const needed of needs.get(write) ?? []) place(needed);
    ordered.add(write);
  };
  for (const write of writes.toSorted((a, b) => rank(a) - rank(b) || byAge(a, b))) place(write);
  return [...ordered];
}

/**
 * @param left in their order.
 * @param outs how many writes that took an endpoint out were made in a row.
 * @returns which is next; undefined where none is left.
 */
export function nextOf(left: readonly Write[], outs: number): Write | undefined {
  const other = hasOtherTurn(outs) ? left.find(write => !write.takesOut) : undefined;
  return other ?? left[0];
}

/** @returns whether one of the others has its turn after so many in a row that took an endpoint out. */
export function hasOtherTurn(outs: number): boolean {
  return outs >= MOST_IN_A_ROW;
}

/**
 * One that was given up for those before it had its turn ends no row: where all are slow, none would ever have one.
 *
 * @returns how many in a row took an endpoint out, with this one.
 */
export function outsWith(outs: number, { takesOut }: Write, outcome: string): number {
  if (outcome === 'abandoned' && !hasOtherTurn(outs)) return outs;
  return outcome === 'done' && takesOut ? outs + 1 : 0;
}

/** @returns what of them can be made though others were not: all but those that lose an endpoint to one of these. */
export function without(failed: readonly Write[], left: readonly Write[]): readonly Write[] {
  const needs = needsOf([...failed, ...left]);
  const held = new Set(failed);
  for (const write of left) if (needs.get(write)?.some(needed => held.has(needed)) === true) held.add(write);
  return left.filter(write => !held.has(write));
}

/** Which of the others are to be made before a write, for they put elsewhere the pods that it takes out. */
function needsOf(writes: readonly Write[]): ReadonlyMap<Write, readonly Write[]> {
  const losers = new Map<string, Write[]>();
  for (const write of writes) {
    if (!write.takesOut) continue;
    const after = byKey(write.after);
    for (const endpoint of write.before)
      if (standingIn(after, endpoint) < standing(endpoint)) append(losers, ownerOf(endpoint), write);
  }
  const needs = new Map<Write, Write[]>();
  if (losers.size === 0) return needs;
  for (const write of writes) {
    const before = byKey(write.before);
    for (const endpoint of write.after) {
      if (standingIn(before, endpoint) >= standing(endpoint)) continue;
      for (const loser of losers.get(ownerOf(endpoint)) ?? [])
        if (loser !== write) append(needs, loser, write);
    }
  }
  return needs;
}

/** @returns the pod and the family: its endpoints of the two have nothing to do with each other. */
function ownerOf(endpoint: Endpoint): string {
  return `${podNameOf(endpoint)} ${familyOf(endpoint.addresses[0] ?? '')}`;
}

function append<K>(lists: Map<K, Write[]>, key: K, write: Write): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [write]);
  else if (list.at(-1) !== write) list.push(write);
}

/** As a comparison: negative where the first was written earlier. What is new has no version. */
function byAge(a: Write, b: Write): number {
  const [one, other] = [versionOf(a), versionOf(b)];
  return one === undefined || other === undefined
    ? 0
    : Number(isOlder(other, one)) - Number(isOlder(one, other));
}

function versionOf({ type, body }: Write): string | undefined {
  if (type === 'create') return undefined;
  return type === 'update' ? body.metadata.resourceVersion : body.preconditions.resourceVersion;
}
