/**
 * Stands in for Rails: each request is authenticated by auth, the other container of the pod. As in the story, it
 * lives on after SIGTERM until SIGKILL; with `--leaves` it finishes what is in flight and exits.
 */
import { createServer, get, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '3000' },
    'auth-port': { type: 'string', default: '4000' },
    leaves: { type: 'boolean', default: false },
  },
});

const WORK_MS = 20;
const SLOW_WORK_MS = 1500;
let requests = 0;
let leaving = false;

const server = createServer(({ url }, response) => void answer(url ?? '/', response));
server.listen(Number(values.port));

process.on('SIGTERM', () => {
  console.log(values.leaves ? 'SIGTERM: finishing what is in flight' : 'SIGTERM: living on');
  if (!values.leaves) return;
  leaving = true;
  server.close(() => process.exit(0));
});

async function answer(url: string, response: ServerResponse): Promise<void> {
  if (leaving) response.setHeader('connection', 'close');
  if (url === '/healthz') return void response.end('ok\n');
  // Every twentieth request is a slow one.
  const workMs = ++requests % 20 === 0 ? SLOW_WORK_MS : WORK_MS;
  if (!(await isAuthenticated())) return void response.writeHead(500).end('auth does not answer\n');
  await sleep(workMs);
  response.end('hello\n');
}

function isAuthenticated(): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const options = { host: '127.0.0.1', port: Number(values['auth-port']), path: '/check', timeout: 500 };
  const request = get(options, reply => {
    reply.resume().on('error', () => resolve(false));
    reply.on('end', () => resolve(reply.statusCode === 200));
  });
  request.on('timeout', () => request.destroy());
  request.on('error', () => resolve(false));
  return promise;
}
