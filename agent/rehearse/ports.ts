import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Pod } from '../../lib/kubelet/pod.ts';
import { RehearsalError } from './failure.ts';

/**
 * The containers listen where their manifest says, on this machine.
 *
 * @throws {RehearsalError} `ERR_PORT_IN_USE`, naming all that cannot be had.
 */
export async function checkPortsAreFree({ containers }: Pod): Promise<void> {
  const problems: string[] = [];
  for (const { name, ports } of containers) {
    for (const { port } of ports) {
      const why = await whyNot(port);
      if (why !== undefined) problems.push(`port ${port} of container "${name}" (${why})`);
    }
  }
  if (problems.length === 0) return;
  const what = problems.join(', ');
  throw new RehearsalError('ERR_PORT_IN_USE', `Cannot be listened on here: ${what}; end what holds it`);
}

async function whyNot(port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen({ port, host: '0.0.0.0', exclusive: true });
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return code === 'EADDRINUSE' ? 'in use' : code;
  }
}
