import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { Network } from '../../agent/sidecar/outbound/network.ts';
import { startProbe } from '../../agent/sidecar/probes/run.ts';
import { parseProbe } from '../../lib/readiness/parse-probe.ts';
import type { Probe } from '../../lib/readiness/probe.ts';
import type { ProbeResult } from '../../lib/readiness/probe-result.ts';

/** Something to be probed, on a free port of loopback. */
export interface Target {
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Settles when all its connections are closed. */
  readonly allClosed: () => Promise<void>;
}

/** @returns a target that does to each connection what it is told; it ends with the test. */
export function rawTarget(context: TestContext, serve: (socket: Socket) => void): Promise<Target> {
  return target(
    context,
    createServer(socket => {
      socket.on('error', () => {});
      socket.resume();
      serve(socket);
    }),
  );
}

/** @returns the server as a target, listening; it ends with the test. */
export async function target(context: TestContext, server: Server): Promise<Target> {
  const open = new Set<Socket>();
  let accepted = 0;
  server.on('connection', socket => {
    accepted += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port');
  return {
    port: address.port,
    get accepted(): number {
      return accepted;
    },
    allClosed: async () => {
      await Promise.all([...open].map(socket => new Promise(closed => socket.once('close', closed))));
    },
  };
}

/** @returns a target that sends the same bytes to everybody, whatever they ask, and keeps the connection. */
export function saying(context: TestContext, bytes: string): Promise<Target> {
  return rawTarget(context, socket => socket.once('data', () => socket.write(bytes, 'latin1')));
}

/**
 * @returns a probe as an annotation would give it, with a timeout in (fractions of) seconds: a long one, for targets are
 *   of this process, which the machine may let wait.
 */
export function probe(text: string, timeoutSeconds = 20): Probe {
  const parsed = parseProbe(text);
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  return { ...parsed.value, timeoutSeconds };
}

export const USER_AGENT = 'podusher-probe/0.0.0';

/** Runs one probe and adds how many connections it opened. */
export async function run(tried: Probe): Promise<ProbeResult & { readonly connections: number }> {
  let connections = 0;
  const network = new Network(() => (connections += 1));
  const running = startProbe(tried, { network, podHost: '127.0.0.1', userAgent: USER_AGENT });
  const result = await running.result;
  return { ...result, connections };
}
