/**
 * From a Service, its pods, their nodes and the slices that there are, to the writes that make the slices right: what
 * the built-in controller would write (`Reconcile` in `k8s.io/endpointslice/reconciler.go`), but for who serves.
 * Reconciled again with its own result, nothing is written.
 */
import { quoted } from '../quoted.ts';
import { fingerprint } from '../settings/fingerprint.ts';
import { desiredOf, type Problem } from './desired.ts';
import { changesOf } from './family.ts';
import { mirroredLabels } from './mirrored.ts';
import type { Node } from './node.ts';
import { inOrder } from './order.ts';
import type { Pod } from './pod.ts';
import type { Family, Service } from './service.ts';
import type { Slice } from './slice.ts';
import { createOf, deleteOf, updateOf, type Write } from './write.ts';

export interface World {
  readonly service: Service;
  /** Its pods alone, as `selectPods()` tells them. */
  readonly pods: Iterable<Pod>;
  /** All, by their names, and read to the end before the first use: a pod of a node that is not here is left out. */
  readonly nodes: ReadonlyMap<string, Node>;
  /** All that carry the Service's name in its namespace, whoever manages them. */
  readonly slices: readonly Slice[];
  /** Names that new slices must not have, for something else was found under them. */
  readonly taken: ReadonlySet<string>;
}

export interface Plan {
  /** As `inOrder()` has them: no endpoint that stays is missing in between. */
  readonly writes: readonly Write[];
  /** What is to be told, the first hundred. */
  readonly problems: readonly Problem[];
}

const MOST_PROBLEMS = 100;

/** @returns what to write. Never throws, whatever the objects say. */
export function reconcile({ service, pods, nodes, slices, taken }: World): Plan {
  // dropEndpointSlicesPendingDeletion
  const ours = slices.filter(slice => slice.type === 'ours').filter(one => !one.isTerminating);
  if (service.claim.type === 'none') return { writes: inOrder(ours.map(deleteOf)), problems: [] };
  const owned = ours.filter(({ owners }) => owners.includes(service.uid));
  const { families, problems } = desiredOf(service, pods, nodes);
  const labels = mirroredLabels(service);
  const used = new Set([...taken, ...slices.map(({ name }) => name)]);
  const creates: Write[] = [];
  const updates: Write[] = [];
  // Of an earlier Service of that name, or of a family that it has no more.
  const deletes = ours.filter(
    slice => !owned.includes(slice) || !service.families.some(one => one === slice.addressType),
  );
  for (const [family, groups] of families) {
    const own = owned.filter(({ addressType }) => addressType === family);
    if (service.claim.type === 'held' && own.length === 0) continue;
    const changes = changesOf(groups, own, labels);
    updates.push(...[...changes.updates].map(([slice, content]) => updateOf(slice, labels, content)));
    deletes.push(...changes.deletes);
    // It would be deleted, and collected with its slices; they must not come again (`finalize`).
    if (service.isTerminating) continue;
    for (const content of changes.creates)
      creates.push(createOf(service, freeName(service, family, used), family, labels, content));
  }
  return {
    writes: inOrder([...creates, ...updates, ...deletes.map(deleteOf)]),
    problems: [...ownProblems(service, slices), ...problems].slice(0, MOST_PROBLEMS),
  };
}

/**
 * The name of a new slice: that of its Service, of its family, and the lowest number that is free. So a second publisher
 * that creates one at the same time gives it the same name, and is refused (AlreadyExists) until it has seen the first.
 */
function freeName({ name, uid }: Service, family: Family, used: Set<string>): string {
  const prefix = `${name}-${fingerprint(`${uid} ${family}`).slice(0, 8)}`;
  for (let number = 0; ; number++) {
    const free = `${prefix}-${number}`;
    if (used.has(free)) continue;
    used.add(free);
    return free;
  }
}

function ownProblems({ name, problems }: Service, slices: readonly Slice[]): Problem[] {
  const own = problems.map(message => ({ kind: 'Service', name, message }) as const);
  const foreign = slices
    .filter(slice => slice.type === 'foreign')
    .map(slice => {
      const message = `It is managed by ${quoted(slice.managedBy)}: left alone, and its endpoints get traffic as well`;
      return { kind: 'EndpointSlice', name: slice.name, message } as const;
    });
  return [...own, ...foreign];
}
