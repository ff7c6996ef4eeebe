/**
 * Runs by itself, with --expose-gc: an hour's worth of probing, an http, a failing http, a tcp and a grpc target each
 * second, without the waiting. Prints the heap's size after each tenth of it as JSON.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { Network } from '../../agent/sidecar/outbound/network.ts';
import { startProbe } from '../../agent/sidecar/probes/run.ts';
import { afterResult, unprobed } from '../../lib/readiness/thresholds.ts';
import { probe } from './target.ts';

const ROUNDS = Number(process.argv[2] ?? 3600);

const http = createServer((request, response) =>
  response.writeHead(request.url === '/ok' ? 200 : 503).end('x'),
);
const grpc = createHttp2Server((_, response) => {
  response.writeHead(200, { 'content-type': 'application/grpc' });
  response.addTrailers({ 'grpc-status': '0' });
  response.end(Buffer.from([0, 0, 0, 0, 2, 8, 1]));
});
const ports: number[] = [];
for (const server of [http, grpc]) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address !== null && typeof address === 'object') ports.push(address.port);
}
const [httpPort, grpcPort] = ports;
const probes = [
  probe(`http://:${httpPort}/ok`),
  probe(`http://:${httpPort}/bad`),
  probe(`tcp://:${httpPort}`),
  probe(`grpc://:${grpcPort}`),
];
const network = new Network();
const states = probes.map(() => unprobed(0));
const heap: number[] = [];
for (let round = 1; round <= ROUNDS; round++) {
  const results = await Promise.all(
    probes.map(tried => startProbe(tried, { network, podHost: '127.0.0.1', userAgent: 'heap' }).result),
  );
  results.forEach((result, index) => {
    states[index] = afterResult(states[index] ?? unprobed(0), result, probe('tcp://:1'), round);
  });
  if (round % Math.floor(ROUNDS / 10) === 0) {
    globalThis.gc?.();
    heap.push(process.memoryUsage().heapUsed);
  }
}
process.stdout.write(JSON.stringify({ heap, verdicts: states.map(({ verdict }) => verdict.type) }));
http.close();
grpc.close();
