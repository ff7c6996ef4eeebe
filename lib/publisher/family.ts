/** The slices of one Service and one family, and what they should be (`reconcileByAddressType`, `finalize`). */
import { type Group, portsKey } from './desired.ts';
import { type Endpoint, podNameOf } from './endpoint.ts';
import type { Labels } from './label.ts';
import { labelChanges } from './mirrored.ts';
import { pack } from './pack.ts';
import type { OurSlice } from './slice.ts';
import type { Content } from './write.ts';

/** What becomes of the slices. */
export interface Changes {
  readonly creates: readonly Content[];
  readonly updates: ReadonlyMap<OurSlice, Partial<Content>>;
  readonly deletes: readonly OurSlice[];
}

/**
 * @param groups what is wanted, by the key of its ports; emptied on the way.
 * @param slices the Service's own, of this family.
 */
export function changesOf(
  groups: ReadonlyMap<string, Group>,
  slices: readonly OurSlice[],
  labels: Labels,
): Changes {
  const creates: Content[] = [];
  const updates = new Map<OurSlice, Partial<Content>>();
  const { byGroup, obsolete } = assign(groups, slices);
  const deletes = [...obsolete];
  for (const [key, { ports, endpoints }] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const hasNewPorts = (slice: OurSlice): boolean => portsKey(slice.ports) !== key;
    const packing = pack(endpoints, byGroup.get(key) ?? [], labels, hasNewPorts);
    for (const [slice, packed] of packing.updates) {
      updates.set(slice, { ...(hasNewPorts(slice) ? { ports } : {}), endpoints: packed });
    }
    creates.push(...packing.creates.map(packed => ({ ports, endpoints: packed })));
    deletes.push(...packing.deletes);
  }
  if (deletes.length === slices.length && creates.length === 0) {
    const kept = deletes.findIndex(slice => isPlaceholder(slice, labels));
    if (kept !== -1) deletes.splice(kept, 1);
    else creates.push(PLACEHOLDER);
  }
  // One write instead of two.
  for (const content of creates.splice(0, deletes.length)) {
    const [slice] = deletes.splice(0, 1);
    if (slice !== undefined) updates.set(slice, content);
  }
  return { creates, updates, deletes };
}

/** Without an endpoint there is one slice that says so: a Service without any would look like one of nobody's. */
const PLACEHOLDER: Content = { ports: [], endpoints: [] };

function isPlaceholder({ ports, endpoints, labels }: OurSlice, wanted: Labels): boolean {
  return ports.length === 0 && endpoints.length === 0 && labelChanges(labels, wanted).size === 0;
}

/**
 * Each slice belongs to the group of its ports. Where nobody has those any more (the Service's ports were edited), it
 * goes over to that of its first endpoint, ports and all: so its endpoints stay in one place, and none is without a
 * slice between two writes. The built-in controller takes any slice for any of the endpoints.
 */
function assign(
  groups: ReadonlyMap<string, Group>,
  slices: readonly OurSlice[],
): { readonly byGroup: ReadonlyMap<string, readonly OurSlice[]>; readonly obsolete: readonly OurSlice[] } {
  const byGroup = new Map<string, OurSlice[]>();
  const obsolete: OurSlice[] = [];
  for (const slice of slices) {
    const own = portsKey(slice.ports);
    const key = groups.has(own) ? own : groupOfFirst(groups, slice.endpoints);
    if (key === undefined) obsolete.push(slice);
    else byGroup.set(key, [...(byGroup.get(key) ?? []), slice]);
  }
  return { byGroup, obsolete };
}

function groupOfFirst(
  groups: ReadonlyMap<string, Group>,
  endpoints: readonly Endpoint[],
): string | undefined {
  for (const endpoint of endpoints) {
    const key = podNameOf(endpoint);
    for (const [portKey, group] of groups) if (group.endpoints.has(key)) return portKey;
  }
  return undefined;
}
