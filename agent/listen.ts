import { once } from 'node:events';
import type { Server } from 'node:http';
import { codeOf } from './error-code.ts';

/** Where a server listens. */
export interface ListenAddress {
  readonly port: number;
  readonly listenAddress: string;
}

/** @returns why it cannot listen; undefined once it does. */
export async function listen(
  server: Server,
  { port, listenAddress }: ListenAddress,
): Promise<string | undefined> {
  try {
    server.listen(port, listenAddress);
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return `Cannot listen on port ${port} of ${listenAddress}: ${codeOf(error)}; set another with --port`;
  }
}
