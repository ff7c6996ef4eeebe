/**
 * Which EndpointSlices send new connections to the pod: of each slice one word is kept, and of those that never held
 * the pod nothing (`EndpointSlice` in `k8s.io/api/discovery/v1/types.go`).
 */
import * as v from 'valibot';
import { type Parsed, parsed, unparsed } from '../parsed.ts';

/** How a slice has the pod: `terminating` ones get new connections only where nobody else is ready. */
export type Hold = 'serving' | 'terminating';

/** One slice, as far as the pod is in it. */
export interface ApiSlice {
  readonly name: string;
  /** Undefined where the pod is not in it. */
  readonly hold: Hold | undefined;
}

/** Whom to look for. */
export interface PodIdentity {
  readonly name: string;
  readonly uid: string;
  readonly ips: readonly string[];
}

/** The slices that hold the pod now, and whether any ever did. */
export interface Slices {
  readonly holds: ReadonlyMap<string, Hold>;
  readonly hasHeld: boolean;
  /** More hold the pod than are kept: then it is never taken for withdrawn. */
  readonly isOverfull: boolean;
}

export const NO_SLICES: Slices = { holds: new Map(), hasHeld: false, isOverfull: false };

/** A pod of as many Services is none that anybody runs; and each change copies what is kept. */
const MOST_SLICES = 100;

const slice = v.object({
  metadata: v.object({ name: v.pipe(v.string(), v.maxLength(253)) }),
  endpoints: v.nullish(
    v.array(
      v.object({
        addresses: v.array(v.string()),
        conditions: v.nullish(v.object({ terminating: v.nullish(v.boolean()) })),
        targetRef: v.nullish(
          v.object({ kind: v.nullish(v.string()), name: v.nullish(v.string()), uid: v.nullish(v.string()) }),
        ),
      }),
    ),
    [],
  ),
});

type Endpoint = v.InferOutput<typeof slice>['endpoints'][number];

/** @returns what the slice says of the pod, or a problem where it is none. */
export function parseSlice(object: unknown, pod: PodIdentity): Parsed<ApiSlice> {
  const read = v.safeParse(slice, object, { abortEarly: true });
  if (!read.success) return unparsed('Not an EndpointSlice');
  const ours = read.output.endpoints.filter(endpoint => isOf(endpoint, pod));
  const hold = ours.some(({ conditions }) => conditions?.terminating !== true) ? 'serving' : 'terminating';
  return parsed({ name: read.output.metadata.name, hold: ours.length === 0 ? undefined : hold });
}

/** Whom an endpoint names goes before its address, which pods on the node's network share. */
function isOf({ addresses, targetRef }: Endpoint, { name, uid, ips }: PodIdentity): boolean {
  if (targetRef?.kind !== 'Pod') return addresses.some(address => ips.includes(address));
  return targetRef.uid ? targetRef.uid === uid : targetRef.name === name;
}

/** @returns the slices after one was added or changed; one that was deleted has no hold. */
export function afterSlice(slices: Slices, { name, hold }: ApiSlice): Slices {
  if (slices.holds.get(name) === hold) return slices;
  if (hold !== undefined && !slices.holds.has(name) && slices.holds.size >= MOST_SLICES) {
    return slices.isOverfull ? slices : { ...slices, isOverfull: true };
  }
  const holds = new Map(slices.holds);
  holds.delete(name);
  if (hold === undefined) return { ...slices, holds };
  return { ...slices, holds: holds.set(name, hold), hasHeld: true };
}

/** @returns what is known when all slices are about to be read anew: what was deleted meanwhile will not be among them. */
export function beforeAll({ hasHeld }: Slices): Slices {
  return { ...NO_SLICES, hasHeld };
}

/**
 * @returns whether every slice that held the pod has dropped it or calls it terminating. Where none ever held it,
 * nobody knows who sends its traffic.
 */
export function isWithdrawn({ holds, hasHeld, isOverfull }: Slices): boolean {
  return hasHeld && !isOverfull && ![...holds.values()].includes('serving');
}
