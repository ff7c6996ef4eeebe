import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { tryOnce } from './try.ts';

test('tryOnce() comes from a port that no request of a load comes from, nor another try', async context => {
  const ports: number[] = [];
  const server = createServer(({ socket }, response) => {
    ports.push(socket.remotePort ?? 0);
    response.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => server.close());
  const { port } = Object(server.address());
  const plan = { host: '127.0.0.1', port, path: '/', rate: 1, clients: 'new' } as const;
  for (const type of [(await tryOnce(plan)).type, (await tryOnce(plan)).type]) assert.equal(type, 'ok');
  const given = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/u)[0]);
  const [first = given, second = given] = ports;
  assert.ok(
    first < given && second < given && first !== second,
    `${ports.join(' and ')}, given from ${given}`,
  );
});
