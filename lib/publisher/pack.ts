/** How endpoints are packed into slices: with few writes, and few slices (`reconcileByPortMapping`). */
import { type Endpoint, isSame, podNameOf } from './endpoint.ts';
import type { Labels } from './label.ts';
import { labelChanges } from './mirrored.ts';
import type { OurSlice } from './slice.ts';

/** As `--max-endpoints-per-slice` of the built-in controller is by default. */
const MOST_ENDPOINTS = 100;

/** What becomes of the slices of one family and one list of ports. */
export interface Packing {
  /** What new slices are to hold. */
  readonly creates: readonly (readonly Endpoint[])[];
  readonly updates: ReadonlyMap<OurSlice, readonly Endpoint[]>;
  readonly deletes: readonly OurSlice[];
}

/**
 * 1. Endpoints stay where they are, changed in place; those that nobody wants any more go, and a slice that is left
 *    with none is deleted. A slice is written as well where its labels or its ports are to change.
 * 2. The others fill up the slices that are written anyhow, the fullest first.
 * 3. What is left goes, all of it, into that unchanged slice which it fills best, or else into new ones.
 *
 * @param wanted by their keys; emptied on the way.
 * @param slices those that hold the group now.
 * @param hasNewPorts whether a slice's ports are to change.
 */
export function pack(
  wanted: Map<string, Endpoint>,
  slices: readonly OurSlice[],
  labels: Labels,
  hasNewPorts: (slice: OurSlice) => boolean,
): Packing {
  const updates = new Map<OurSlice, Endpoint[]>();
  const unchanged = new Map<OurSlice, Endpoint[]>();
  const deletes: OurSlice[] = [];
  for (const slice of slices) {
    const { kept, hasChanged } = keepIn(slice, wanted);
    if (hasChanged && kept.length === 0) deletes.push(slice);
    else if (hasChanged || hasNewPorts(slice) || labelChanges(slice.labels, labels).size > 0)
      updates.set(slice, kept);
    else unchanged.set(slice, kept);
  }
  // In an order that every publisher finds: two that lead at once then write the same.
  const left = [...wanted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint);
  wanted.clear();
  for (const kept of [...updates.values()].sort((a, b) => b.length - a.length)) {
    kept.push(...left.splice(0, Math.max(0, MOST_ENDPOINTS - kept.length)));
  }
  const creates: Endpoint[][] = [];
  while (left.length > 0) {
    const fit = bestFit(unchanged, left.length);
    if (fit !== undefined) updates.set(fit.slice, [...fit.kept, ...left.splice(0)]);
    else creates.push(left.splice(0, MOST_ENDPOINTS));
  }
  return { creates, updates, deletes };
}

/** An endpoint that two slices have stays in the first. */
function keepIn(
  slice: OurSlice,
  wanted: Map<string, Endpoint>,
): { readonly kept: Endpoint[]; readonly hasChanged: boolean } {
  const kept: Endpoint[] = [];
  let hasChanged = false;
  for (const endpoint of slice.endpoints) {
    const key = podNameOf(endpoint);
    const next = wanted.get(key);
    if (next === undefined || kept.length === MOST_ENDPOINTS) {
      hasChanged = true;
      continue;
    }
    hasChanged ||= !isSame(endpoint, next);
    kept.push(next);
    wanted.delete(key);
  }
  return { kept, hasChanged };
}

/** `getSliceToFill`: the slice that comes closest to full with so many more. */
function bestFit(
  slices: ReadonlyMap<OurSlice, readonly Endpoint[]>,
  count: number,
): { readonly slice: OurSlice; readonly kept: readonly Endpoint[] } | undefined {
  const fits = [...slices].flatMap(([slice, kept]) =>
    kept.length + count <= MOST_ENDPOINTS ? [{ slice, kept }] : [],
  );
  return fits.sort((a, b) => b.kept.length - a.kept.length)[0];
}
