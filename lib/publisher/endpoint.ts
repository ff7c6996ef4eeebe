/** A pod as an endpoint of an EndpointSlice, in the API's own words (`Endpoint` in `k8s.io/api/discovery/v1/types.go`). */
import type { Node } from './node.ts';
import type { Pod } from './pod.ts';
import { type Distribution, type Family, familyOf, type Service } from './service.ts';
import { isServing } from './verdict.ts';

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions: Conditions;
  readonly hostname: string | undefined;
  readonly targetRef: TargetRef | undefined;
  readonly nodeName: string | undefined;
  readonly zone: string | undefined;
  readonly hints: Hints | undefined;
}

/** Our own are all told; in a slice that somebody has changed, one may be missing. */
export interface Conditions {
  readonly ready: boolean | undefined;
  readonly serving: boolean | undefined;
  readonly terminating: boolean | undefined;
}

export interface TargetRef {
  readonly kind: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly uid: string | undefined;
}

export interface Hints {
  readonly forZones?: readonly { readonly name: string }[] | undefined;
  readonly forNodes?: readonly { readonly name: string }[] | undefined;
}

/**
 * `podToEndpoint` in `k8s.io/endpointslice/utils.go`, with the verdict in the Ready condition's place.
 * @param node undefined where nobody knows it.
 * @returns undefined where the pod has no address of the family.
 */
export function endpointOf(
  pod: Pod,
  node: Node | undefined,
  service: Service,
  family: Family,
): Endpoint | undefined {
  const addresses = pod.addresses.filter(address => familyOf(address) === family);
  if (addresses.length === 0) return undefined;
  const serving = isServing(pod.verdict, node);
  const ready = service.publishNotReadyAddresses || (serving && !pod.isTerminating);
  const { name, namespace, uid, nodeName } = pod;
  return {
    addresses,
    conditions: { ready, serving, terminating: pod.isTerminating },
    hostname: pod.subdomain === service.name ? pod.hostname : undefined,
    targetRef: { kind: 'Pod', namespace, name, uid },
    nodeName,
    zone: node?.zone,
    hints: ready ? hintsOf(service.distribution, node?.zone, nodeName) : undefined,
  };
}

/** Who is to prefer a ready endpoint (`preferCloseHeuristic.update` in `k8s.io/endpointslice/trafficdist`). */
function hintsOf(
  distribution: Distribution | undefined,
  zone: string | undefined,
  nodeName: string | undefined,
): Hints | undefined {
  const forNodes = distribution === 'node' && nodeName !== undefined ? [{ name: nodeName }] : undefined;
  const forZones = distribution !== undefined && zone !== undefined ? [{ name: zone }] : undefined;
  return forZones === undefined && forNodes === undefined ? undefined : { forZones, forNodes };
}

/**
 * @returns whose endpoint it is: the pod's name, for one of a Service's namespace and of one family has one. All else
 * about it changes in place. (`hashEndpoint` takes the address as well, and moves a pod whose address is new.)
 */
export function podNameOf({ targetRef }: Endpoint): string {
  return targetRef?.name ?? '';
}

/** @returns whether two of one pod say the same (`hashEndpoint`, `EndpointsEqualBeyondHash`, and the hints). */
export function isSame(a: Endpoint, b: Endpoint): boolean {
  return (
    a.conditions.ready === b.conditions.ready &&
    a.conditions.serving === b.conditions.serving &&
    a.conditions.terminating === b.conditions.terminating &&
    isSameAddress(a, b) &&
    a.hostname === b.hostname &&
    a.targetRef?.uid === b.targetRef?.uid &&
    a.targetRef?.kind === b.targetRef?.kind &&
    a.targetRef?.namespace === b.targetRef?.namespace &&
    a.nodeName === b.nodeName &&
    a.zone === b.zone &&
    (a.hints === b.hints || JSON.stringify(a.hints) === JSON.stringify(b.hints))
  );
}

export function isSameAddress({ addresses }: Endpoint, other: Endpoint): boolean {
  return (
    addresses.length === other.addresses.length &&
    addresses.every((one, index) => one === other.addresses[index])
  );
}

/**
 * How much traffic the endpoint may get: 2 where it is ready, 1 where it serves while it terminates and gets some when
 * no other is left (`pkg/proxy/topology.go`), else 0. What the API does not say means ready and serving.
 */
export function standing({ conditions }: Endpoint): 0 | 1 | 2 {
  if (conditions.ready !== false) return 2;
  return conditions.serving === false ? 0 : 1;
}
