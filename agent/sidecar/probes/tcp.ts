import { inUrl } from '../../../lib/readiness/http-probe.ts';
import type { ProbeAction } from '../../../lib/readiness/probe.ts';
import type { ProbeResult } from '../../../lib/readiness/probe-result.ts';
import { connectionFailure } from './connection-failure.ts';
import type { ProbeContext } from './context.ts';

/** A tcpSocket probe: a connection that opens is a success, and is closed at once (kubelet `pkg/probe/tcp/tcp.go`). */
export function probeTcp(
  action: Extract<ProbeAction, { type: 'tcpSocket' }>,
  { network, podHost, signal }: ProbeContext,
): Promise<ProbeResult> {
  const { host = podHost, port } = action;
  const target = `${inUrl(host)}:${port}`;
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  const socket = network.tcp({ host, port }, signal);
  socket.once('connect', () => resolve({ type: 'success', reason: `${target} accepts connections` }));
  socket.once('error', error => resolve(connectionFailure(error, target, action.host)));
  socket.once('close', () => resolve({ type: 'failure', reason: `${target} was not waited for` }));
  return promise.finally(() => socket.destroy());
}
