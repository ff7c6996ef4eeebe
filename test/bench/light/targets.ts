/** Four little HTTP servers in a process of their own: the containers of the pod. Tells their ports to its parent. */
import { once } from 'node:events';
import { createServer } from 'node:http';

const ports: number[] = [];
for (let index = 0; index < 4; index++) {
  const server = createServer({ keepAliveTimeout: 600_000 }, (_, response) => response.end('ok'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address !== null && typeof address === 'object') ports.push(address.port);
}
process.send?.(ports);
process.on('disconnect', () => process.exit());
