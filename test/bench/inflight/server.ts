import { createServer } from 'node:http';
import { workerData } from 'node:worker_threads';
import { announce, ENDING, IDLE, IN_FLIGHT, note, truth } from './truth.ts';

// The server that knows: answers after as many ms as the path says (`/250`), and notes when.

const memory: SharedArrayBuffer = workerData;
const known = truth(memory);

const server = createServer((request, response) => {
  const port = request.socket.remotePort ?? 0;
  note(known, port, IN_FLIGHT);
  const answer = (): void => {
    note(known, port, ENDING);
    response.end('ok', () => note(known, port, IDLE));
  };
  const delayMs = Number(request.url?.slice(1));
  if (delayMs < 1) answer();
  else setTimeout(answer, delayMs);
});
server.on('connection', socket => note(known, socket.remotePort ?? 0, IDLE));
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) announce(known, address.port);
});
