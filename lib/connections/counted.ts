import type { EndFilter } from './inet-diag-request.ts';
import { isOutside, type Scope } from './scope.ts';
import type { Socket } from './socket.ts';

// Which connections are counted from the list of sockets. As a rule those within the pod, which are taken off the
// kernel's counter. Where outside and pod share a loopback, so that the counter is useless: those from outside.
// Neither with those to the agent, which counts what it accepts.

/** @returns true for a socket of a connection that is to be counted; one or both of its ends may be. */
export function isCounted(
  scope: Scope,
  { state, local, remote }: Pick<Socket, 'state' | 'local' | 'remote'>,
): boolean {
  const { agentPort, outsideAddresses, servedPorts } = scope;
  if (state === 'listen' || local.port === agentPort || remote.port === agentPort) return false;
  if (outsideAddresses === undefined) return !isOutside(scope, remote.address);
  // The client's end is on this host too; it tells nothing that the server's end does not, unless it is what remains.
  if (outsideAddresses.has(remote.address)) return servedPorts.has(local.port);
  return state === 'time-wait' && outsideAddresses.has(local.address) && servedPorts.has(remote.port);
}

/**
 * @returns how many connections wait for the agent to accept them: the kernel has counted them, the agent has not.
 * It tells so of a socket that listens, as its unread bytes (`tcp_diag_get_info` in `net/ipv4/tcp_diag.c`).
 */
export function waitingForAgent({ agentPort }: Scope, sockets: readonly Socket[]): number {
  const listening = sockets.filter(({ state, local }) => state === 'listen' && local.port === agentPort);
  return listening.reduce((sum, { unread }) => sum + unread, 0);
}

/** @returns what the kernel is to look for among the sockets in TIME-WAIT, of which a busy pod has thousands. */
export function countedFilters({ outsideAddresses, ownAddresses }: Scope): EndFilter[] {
  if (outsideAddresses !== undefined) {
    return [...outsideAddresses].flatMap(address => [whole('remote', address), whole('local', address)]);
  }
  const loopback: EndFilter = { end: 'remote', address: '127.0.0.0', prefixLength: 8 };
  return [loopback, ...[...ownAddresses, '::1'].map(address => whole('remote', address))];
}

function whole(end: EndFilter['end'], address: string): EndFilter {
  return { end, address, prefixLength: address.includes(':') ? 128 : 32 };
}
