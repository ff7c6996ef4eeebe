/** Which endpoints a Service should have: by family, and in that by their ports, for those of a slice are one list. */
import { quoted } from '../quoted.ts';
import { type Endpoint, endpointOf, keyOf } from './endpoint.ts';
import type { Node } from './node.ts';
import type { Pod } from './pod.ts';
import type { Family, Service, ServicePort } from './service.ts';
import type { EndpointPort } from './slice.ts';

/** Endpoints of one family and one list of ports, by their keys. */
export interface Group {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: Map<string, Endpoint>;
}

/** What is wrong with what, in a phrase. */
export interface Problem {
  readonly kind: 'Service' | 'Pod' | 'EndpointSlice';
  readonly name: string;
  readonly message: string;
}

export interface Desired {
  /** By the key of their ports. */
  readonly families: ReadonlyMap<Family, ReadonlyMap<string, Group>>;
  readonly problems: readonly Problem[];
}

/** The first half of `reconcileByAddressType` in `k8s.io/endpointslice/reconciler.go`, for all families at once. */
export function desiredOf(service: Service, pods: Iterable<Pod>, nodes: ReadonlyMap<string, Node>): Desired {
  const families = new Map(service.families.map(family => [family, new Map<string, Group>()]));
  const problems: Problem[] = [];
  const missing = new Map<string, number>();
  for (const pod of pods) {
    if (pod.isTerminal || pod.addresses.length === 0) continue; // ShouldPodBeInEndpoints
    for (const message of pod.problems) problems.push({ kind: 'Pod', name: pod.name, message });
    const node = pod.nodeName === undefined ? undefined : nodes.get(pod.nodeName);
    if (node === undefined && !service.publishNotReadyAddresses) {
      const message = `Left out, for its node ${quoted(pod.nodeName ?? '')} is not known`;
      problems.push({ kind: 'Pod', name: pod.name, message });
      continue;
    }
    const ports = portsOf(service, pod, missing);
    const key = portsKey(ports);
    for (const [family, groups] of families) {
      const endpoint = endpointOf(pod, node, service, family);
      if (endpoint === undefined) continue;
      const group = groups.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
      groups.set(key, group);
      group.endpoints.set(keyOf(endpoint), endpoint);
    }
  }
  for (const [name, count] of missing) {
    const message = `No container of ${count} of its pods has a port called ${name}, which is left out for them`;
    problems.push({ kind: 'Service', name: service.name, message });
  }
  return { families, problems };
}

/** @returns the same text for the same ports in any order (`NewPortMapKey`). */
export function portsKey(ports: readonly EndpointPort[]): string {
  const texts = ports.map(one => JSON.stringify([one.name, one.port, one.protocol, one.appProtocol]));
  return texts.sort().join();
}

/** `getEndpointPorts`: what cannot be found is left out. */
function portsOf(service: Service, pod: Pod, missing: Map<string, number>): EndpointPort[] {
  return service.ports.flatMap(one => {
    const port = findPort(pod, one);
    if (port !== undefined) {
      return [{ name: one.name, port, protocol: one.protocol, appProtocol: one.appProtocol }];
    }
    const name = `${quoted(String(one.target))} (${one.protocol})`;
    missing.set(name, (missing.get(name) ?? 0) + 1);
    return [];
  });
}

/** `FindPort`. */
function findPort(pod: Pod, { target, protocol }: ServicePort): number | undefined {
  if (typeof target === 'number') return target;
  return pod.namedPorts.find(port => port.name === target && port.protocol === protocol)?.port;
}
