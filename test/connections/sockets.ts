import type { Scope } from '../../lib/connections/scope.ts';
import { type Socket, socketName, type TcpInfo } from '../../lib/connections/socket.ts';
import type { Container, Settings } from '../../lib/settings/settings.ts';
import { container, pod } from '../drain/pods.ts';

// Sockets, settings and scopes for tests: only what a test is about need be said.

/** A connection of 10.0.0.9 to port 3000 of the pod, 10.0.0.7, seen from the pod. */
export function socketLike({
  local = { address: '10.0.0.7', port: 3000 },
  remote = { address: '10.0.0.9', port: 40_000 },
  ...given
}: Partial<Socket> = {}): Socket {
  return {
    cookie: 1,
    name: socketName({ local, remote }),
    state: 'established',
    local,
    remote,
    unread: 0,
    unacknowledged: 0,
    timerMs: 0,
    inode: 1,
    info: infoLike(),
    handle: undefined,
    ...given,
  };
}

/** Idle: one request received, and answered 10 ms later, a second ago. */
export function infoLike(given: Partial<TcpInfo> = {}): TcpInfo {
  return {
    lastDataSentMs: 1000,
    lastDataReceivedMs: 1010,
    lastAckReceivedMs: 1000,
    segmentsIn: 3,
    segmentsOut: 2,
    dataSegmentsIn: 1,
    dataSegmentsOut: 1,
    ...given,
  };
}

/** A critical container, rails. */
export function containerLike({ name = 'rails', ...given }: Partial<Container> = {}): Container {
  return container(name, given);
}

export function settingsLike(containers: readonly Container[] = [containerLike()]): Settings {
  return pod(containers, { complete: false });
}

/** A pod at 10.0.0.7 whose agent listens on 8866. */
export function scopeLike(given: Partial<Scope> = {}): Scope {
  return {
    settings: settingsLike(),
    agentPort: 8866,
    hostNetwork: false,
    ownAddresses: new Set(['10.0.0.7']),
    outsideAddresses: undefined,
    ownEnds: new Set(),
    servedPorts: new Set([3000]),
    ...given,
  };
}
