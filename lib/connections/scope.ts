import type { Container, Settings } from '../settings/settings.ts';
import { isLoopback } from './address.ts';
import type { Socket, TcpState } from './socket.ts';

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
  /** The server's ends, by name, of connections that the agent itself opened: its probes and gauges never count. */
  readonly ownEnds: { readonly has: (name: string) => boolean };
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

/** @returns the ports that listen. */
export function listeningPorts(sockets: readonly Socket[]): ReadonlySet<number> {
  return new Set(sockets.filter(({ state }) => state === 'listen').map(({ local }) => local.port));
}

/** @returns the ports on which connections are looked at. */
export function watchedPorts(scope: Scope): ReadonlySet<number> {
  const declared = scope.settings.containers.flatMap(({ ports }) => ports);
  const ports = new Set(scope.hostNetwork ? declared : [...declared, ...scope.servedPorts]);
  ports.delete(scope.agentPort);
  return ports;
}

/** What the last look showed. */
export interface LastLook {
  readonly listening: ReadonlySet<number>;
  /** The server's ends, by name. */
  readonly ends: ReadonlyMap<string, unknown>;
}

/**
 * A port on which nobody listens any more may be given to a client within the pod (`__inet_hash_connect`). So a
 * connection was accepted there only if the port listens, or did at the last look, or it was there by then.
 *
 * @param last undefined at the first look, when all that there is at these ports counts.
 * @returns the server's ends of connections that are established or half closed, the agent's own left out.
 */
export function serverEnds(scope: Scope, sockets: readonly Socket[], last: LastLook | undefined): Socket[] {
  const ports = watchedPorts(scope);
  const listening = listeningPorts(sockets);
  return sockets.filter(socket => {
    const { port } = socket.local;
    if (!ports.has(port) || !isOpen(socket) || scope.ownEnds.has(socket.name)) return false;
    if (last === undefined || listening.has(port) || last.listening.has(port)) return true;
    return last.ends.has(socket.name);
  });
}

/** @returns whether a connection to that port is the pod's traffic: not one to non-critical containers alone. */
export function countsForPod({ settings }: Scope, port: number): boolean {
  const owners = settings.containers.filter(({ ports }) => ports.includes(port));
  return owners.length === 0 || owners.some(({ critical }) => critical);
}

/**
 * Whether a container no longer serves, as far as its sockets tell: its ports do not listen, no program holds a
 * connection on them (what has closed or ended leaves sockets behind, as long as a peer does not answer; an inode of 0),
 * and nothing within the pod is connected to what it depends on, for it might be its last words.
 *
 * @param ends the server's ends of connections.
 * @returns undefined for a container without ports.
 */
export function isGone(
  scope: Scope,
  { ports, dependsOn }: Container,
  listening: ReadonlySet<number>,
  ends: readonly Socket[],
): boolean | undefined {
  if (ports.length === 0) return undefined;
  if (ports.some(port => listening.has(port))) return false;
  const dependencies = scope.settings.containers.filter(({ name }) => dependsOn.includes(name));
  const dependencyPorts = new Set(dependencies.flatMap(dependency => dependency.ports));
  return !ends.some(({ state, local, remote, inode }) => {
    const isFromWithin = state === 'established' && !isOutside(scope, remote.address);
    const isHeld = inode !== 0 && ports.includes(local.port);
    return isHeld || (isFromWithin && dependencyPorts.has(local.port));
  });
}

/** @returns true for a socket that is established or half closed. */
export function isOpen({ state }: Pick<Socket, 'state'>): boolean {
  return state === 'established' || HALF_CLOSED.has(state);
}
