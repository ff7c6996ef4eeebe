/**
 * What is asked of the API server. Each write is refused there where the slice is no longer the one that was read, by its
 * resourceVersion, and a creation where its name is taken: of two publishers neither writes over what it has not seen. The
 * pods that were concluded from are not asked for: that only one leads, and has heard of all, is the Lease's to see to.
 */
import { type Endpoint, isSameAddress, podNameOf, standing } from './endpoint.ts';
import type { Labels } from './label.ts';
import { labelChanges } from './mirrored.ts';
import type { Family, Service } from './service.ts';
import type { EndpointPort, OurSlice } from './slice.ts';

export type Write = {
  /** The slice's, in the Service's namespace. */
  readonly name: string;
  /**
   * Whether some endpoint gets less traffic by it: it is gone, or no longer ready or serving. That must not wait for
   * writes that only add.
   */
  readonly takesOut: boolean;
  /** What the slice holds, and what it will. */
  readonly before: readonly Endpoint[];
  readonly after: readonly Endpoint[];
} & (
  | { readonly type: 'create'; readonly body: NewSlice }
  /** It leaves alone what others have added; sent as a JSON patch (`patch.ts`). */
  | { readonly type: 'update'; readonly body: SlicePatch }
  | { readonly type: 'delete'; readonly body: DeleteOptions }
);

export interface NewSlice {
  readonly apiVersion: 'discovery.k8s.io/v1';
  readonly kind: 'EndpointSlice';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly ownerReferences: readonly OwnerReference[];
  };
  readonly addressType: Family;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

export interface OwnerReference {
  readonly apiVersion: 'v1';
  readonly kind: 'Service';
  readonly name: string;
  readonly uid: string;
  readonly controller: true;
}

/** What is not named stays. */
export interface SlicePatch {
  readonly metadata: {
    readonly resourceVersion: string;
    /** Null takes one away. */
    readonly labels?: Readonly<Record<string, string | null>>;
  };
  readonly ports?: readonly EndpointPort[];
  readonly endpoints?: readonly Endpoint[];
}

export interface DeleteOptions {
  readonly apiVersion: 'v1';
  readonly kind: 'DeleteOptions';
  readonly preconditions: { readonly uid: string; readonly resourceVersion: string };
}

/** What a slice is to hold. */
export interface Content {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/**
 * `newEndpointSlice`. The Service's deletion collects the slice; it need not wait for that, and so the publisher needs
 * no right to the Service's finalizers, which `blockOwnerDeletion` takes on some clusters.
 */
export function createOf(
  service: Service,
  name: string,
  family: Family,
  labels: Labels,
  content: Content,
): Write {
  const { namespace, uid } = service;
  const owner = { apiVersion: 'v1', kind: 'Service', name: service.name, uid, controller: true } as const;
  return {
    type: 'create',
    name,
    takesOut: false,
    before: [],
    after: content.endpoints,
    body: {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, namespace, labels: Object.fromEntries(labels), ownerReferences: [owner] },
      addressType: family,
      ...content,
    },
  };
}

/** @returns an update; what of the content is not given stays, and its lists are set whole. */
export function updateOf(slice: OurSlice, labels: Labels, { ports, endpoints }: Partial<Content>): Write {
  const changes = labelChanges(slice.labels, labels);
  const before = slice.endpoints;
  const after = endpoints ?? before;
  return {
    type: 'update',
    name: slice.name,
    takesOut: takesOut(before, after),
    before,
    after,
    body: {
      metadata: {
        resourceVersion: slice.resourceVersion,
        ...(changes.size > 0 ? { labels: Object.fromEntries(changes) } : {}),
      },
      ...(ports === undefined ? {} : { ports }),
      ...(endpoints === undefined ? {} : { endpoints }),
    },
  };
}

export function deleteOf({ name, uid, resourceVersion, endpoints: before }: OurSlice): Write {
  return {
    type: 'delete',
    name,
    takesOut: takesOut(before, []),
    before,
    after: [],
    body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } },
  };
}

function takesOut(before: readonly Endpoint[], after: readonly Endpoint[]): boolean {
  if (before === after) return false;
  const known = byKey(after);
  return before.some(endpoint => standing(endpoint) > standingIn(known, endpoint));
}

/** @returns endpoints by whose they are. */
export function byKey(endpoints: readonly Endpoint[]): ReadonlyMap<string, Endpoint> {
  return new Map(endpoints.map(endpoint => [podNameOf(endpoint), endpoint]));
}

/** @returns how much traffic the endpoint may get (`standing()`) as others have it; 0 where they do not. */
export function standingIn(others: ReadonlyMap<string, Endpoint>, endpoint: Endpoint): 0 | 1 | 2 {
  const other = others.get(podNameOf(endpoint));
  return other !== undefined && isSameAddress(endpoint, other) ? standing(other) : 0;
}
