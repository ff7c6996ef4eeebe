import type { Labels } from './label.ts';
import type { NamedPort, Pod } from './pod.ts';

/**
 * @returns whether a pod's Services have to be reconciled after it was told of again: most of what the kubelet tells
 *   changes nothing here, such as a non-critical container's crashes (`podEndpointsChanged` in
 *   `k8s.io/endpointslice/util/controller_utils.go`).
 */
export function isNews(before: Pod, after: Pod): boolean {
  return !(
    before.uid === after.uid &&
    before.verdict.type === after.verdict.type &&
    before.isTerminating === after.isTerminating &&
    before.isTerminal === after.isTerminal &&
    before.nodeName === after.nodeName &&
    before.hostname === after.hostname &&
    before.subdomain === after.subdomain &&
    before.addresses.join() === after.addresses.join() &&
    before.problems.join() === after.problems.join() &&
    isSamePorts(before.namedPorts, after.namedPorts) &&
    isSameLabels(before.labels, after.labels)
  );
}

function isSamePorts(before: readonly NamedPort[], after: readonly NamedPort[]): boolean {
  return before.length === after.length && before.every((one, index) => isSamePort(one, after[index]));
}

function isSamePort(one: NamedPort, other: NamedPort | undefined): boolean {
  return one.name === other?.name && one.protocol === other.protocol && one.port === other.port;
}

function isSameLabels(before: Labels, after: Labels): boolean {
  return before.size === after.size && [...before].every(([key, value]) => after.get(key) === value);
}
