import type { Container, Settings } from '../settings/settings.ts';
import { isLoopback } from './address.ts';
import { endName, type Socket, type TcpState } from './socket.ts';

// Which sockets mean what for this pod.

/** What does not show in a list of sockets. */
export interface Scope {
  readonly settings: Settings;
  /** Where the agent's own server listens. */
  readonly agentPort: number;
  /** On the node's own network others listen too: there only the ports that the settings name count. */
  readonly hostNetwork: boolean;
  /** The pod's own addresses, besides loopback. */
  readonly ownAddresses: ReadonlySet<string>;
  /** Where given, only these peers are outside the pod: for pods whose outside is on the same loopback. */
  readonly outsideAddresses: ReadonlySet<string> | undefined;
  /** Local ends, by `endName`, of connections that the agent itself opened: its probes and gauges never count. */
  readonly ownEnds: ReadonlySet<string>;
  /** Ports that listen, or did: a server may close its listener and work on. */
  readonly servedPorts: ReadonlySet<number>;
}

const HALF_CLOSED: ReadonlySet<TcpState> = new Set([
  'fin-wait-1',
  'fin-wait-2',
  'close-wait',
  'last-ack',
  'closing',
]);

/** @returns true for an address outside the pod. */
export function isOutside({ outsideAddresses, ownAddresses }: Scope, address: string): boolean {
  return outsideAddresses?.has(address) ?? !(isLoopback(address) || ownAddresses.has(address));
}

/** @returns the ports that listen now, and those known so far. */
export function addServedPorts(known: ReadonlySet<number>, sockets: readonly Socket[]): ReadonlySet<number> {
  const listening = sockets.filter(({ state }) => state === 'listen').map(({ local }) => local.port);
  return listening.every(port => known.has(port)) ? known : new Set([...known, ...listening]);
}

/** @returns the ports on which connections are looked at. */
export function watchedPorts(scope: Scope): ReadonlySet<number> {
  const declared = scope.settings.containers.flatMap(({ ports }) => ports);
  const ports = new Set(scope.hostNetwork ? declared : [...declared, ...scope.servedPorts]);
  ports.delete(scope.agentPort);
  return ports;
}

/** @returns the server's ends of connections that are established or half closed, the agent's own left out. */
export function serverEnds(scope: Scope, sockets: readonly Socket[]): Socket[] {
  const ports = watchedPorts(scope);
  return sockets.filter(
    socket => ports.has(socket.local.port) && isOpen(socket) && !scope.ownEnds.has(endName(socket.remote)),
  );
}

/** @returns whether a connection to that port is the pod's traffic: not one to non-critical containers alone. */
export function countsForPod({ settings }: Scope, port: number): boolean {
  const owners = settings.containers.filter(({ ports }) => ports.includes(port));
  return owners.length === 0 || owners.some(({ critical }) => critical);
}

/**
 * Whether a container no longer serves, as far as its sockets tell: its ports do not listen, nothing on them is open,
 * and nothing within the pod is connected to what it depends on, for it might be its last words.
 * @returns undefined for a container without ports.
 */
export function isGone(scope: Scope, container: Container, sockets: readonly Socket[]): boolean | undefined {
  if (container.ports.length === 0) return undefined;
  const dependencies = scope.settings.containers.filter(({ name }) => container.dependsOn.includes(name));
  const dependencyPorts = new Set(dependencies.flatMap(({ ports }) => ports));
  return !sockets.some(socket => {
    if (scope.ownEnds.has(endName(socket.remote))) return false;
    if (container.ports.includes(socket.local.port)) return socket.state === 'listen' || isOpen(socket);
    const isFromWithin = socket.state === 'established' && !isOutside(scope, socket.remote.address);
    return isFromWithin && dependencyPorts.has(socket.local.port);
  });
}

/** @returns true for a socket that is established or half closed. */
export function isOpen({ state }: Pick<Socket, 'state'>): boolean {
  return state === 'established' || HALF_CLOSED.has(state);
}
