/** Which endpoints a Service should have: by family, and in that by their ports, for those of a slice are one list. */
import { quoted } from '../quoted.ts';
import { type Endpoint, endpointOf, podNameOf } from './endpoint.ts';
import type { Node } from './node.ts';
import type { Pod } from './pod.ts';
import type { Family, Service, ServicePort } from './service.ts';
import type { EndpointPort } from './slice.ts';

/** Endpoints of one family and one list of ports, by their keys (`podNameOf()`). */
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
  const missing = new Set<ServicePort>();
  const portsOf = portFinder(service, missing);
  for (const pod of pods) {
    if (pod.isTerminal || pod.addresses.length === 0) continue; // ShouldPodBeInEndpoints
    for (const message of pod.problems) problems.push({ kind: 'Pod', name: pod.name, message });
    const node = pod.nodeName === undefined ? undefined : nodes.get(pod.nodeName);
    if (node === undefined && !service.publishNotReadyAddresses) {
      const message = `Left out, for its node ${quoted(pod.nodeName ?? '')} is not known`;
      problems.push({ kind: 'Pod', name: pod.name, message });
      continue;
    }
    const { ports, key } = portsOf(pod);
    for (const [family, groups] of families) {
      const endpoint = endpointOf(pod, node, service, family);
      if (endpoint === undefined) continue;
      const group = groups.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
      groups.set(key, group);
      group.endpoints.set(podNameOf(endpoint), endpoint);
    }
  }
  for (const { target, protocol } of missing) {
    // How many they are would be news with each pod of a rollout.
    const name = `${quoted(String(target))} (${protocol})`;
    const message = `Some of its pods have no port called ${name}, which is left out for them`;
    problems.push({ kind: 'Service', name: service.name, message });
  }
  return { families, problems };
}

/** There may be thousands of ports, and each slice is asked for its own with each change. */
const keys = new WeakMap<readonly EndpointPort[], string>();

/** @returns the same text for the same ports in any order (`NewPortMapKey`). */
export function portsKey(ports: readonly EndpointPort[]): string {
  const known = keys.get(ports);
  if (known !== undefined) return known;
  const texts = ports.map(one => JSON.stringify([one.name, one.port, one.protocol, one.appProtocol]));
  const key = texts.sort().join();
  keys.set(ports, key);
  return key;
}

interface Ports {
  readonly ports: readonly EndpointPort[];
  readonly key: string;
}

/** `getEndpointPorts`: what cannot be found is left out, and told. Pods whose ports have the same names share one list. */
function portFinder(service: Service, missing: Set<ServicePort>): (pod: Pod) => Ports {
  const known = new Map<string, Ports>();
  const hasNames = service.ports.some(({ target }) => typeof target === 'string');
  return pod => {
    const podKey = hasNames ? JSON.stringify(pod.namedPorts) : '';
    const found = known.get(podKey);
    if (found !== undefined) return found;
    const ports = service.ports.flatMap(one => {
      const { name, protocol, appProtocol } = one;
      const port = findPort(pod, one);
      if (port === undefined) missing.add(one);
      return port === undefined ? [] : [{ name, port, protocol, appProtocol }];
    });
    const fresh = { ports, key: portsKey(ports) };
    known.set(podKey, fresh);
    return fresh;
  };
}

/** `FindPort`. */
function findPort(pod: Pod, { target, protocol }: ServicePort): number | undefined {
  if (typeof target === 'number') return target;
  return pod.namedPorts.find(port => port.name === target && port.protocol === protocol)?.port;
}
