/**
 * The load's container. It is spoken to through the API server's proxy, which knows GET alone; while it sends, it needs
 * nobody.
 *
 *     /try?plan=PLAN               sends one request; answers what became of it
 *     /start?name=NAME&plan=PLAN   begins to send
 *     /stop?name=NAME              ends it; answers what became of each request
 */
import { createServer, type ServerResponse } from 'node:http';
import { type Generator, startGenerator } from './generator.ts';
import type { LoadPlan } from './plan.ts';
import { tryOnce } from './try.ts';

const PORT = 8080;

const running = new Map<string, Generator>();

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://load');
  const name = searchParams.get('name') ?? '';
  const plan = searchParams.get('plan') ?? '';
  if (pathname === '/try') void answerTry(plan, response);
  else if (pathname === '/start') start(name, plan, response);
  else if (pathname === '/stop') void stop(name, response);
  else answer(response, 200, 'ok');
});
server.listen(PORT);
process.on('SIGTERM', () => process.exit(0));

async function answerTry(text: string, response: ServerResponse): Promise<void> {
  const plan: LoadPlan = JSON.parse(text);
  answer(response, 200, await tryOnce(plan));
}

function start(name: string, text: string, response: ServerResponse): void {
  if (running.has(name)) return answer(response, 409, `"${name}" runs already`);
  const plan: LoadPlan = JSON.parse(text);
  running.set(name, startGenerator(plan));
  answer(response, 200, 'started');
}

async function stop(name: string, response: ServerResponse): Promise<void> {
  const generator = running.get(name);
  running.delete(name);
  if (generator === undefined) answer(response, 404, `"${name}" does not run`);
  else
    await generator.stop().then(
      outcomes => answer(response, 200, outcomes),
      (error: unknown) => answer(response, 500, Object(error).message),
    );
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
