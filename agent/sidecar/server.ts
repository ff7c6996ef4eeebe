import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ReadyAnswer } from '../../lib/readiness/answer.ts';
import { hasBody, send, TEXT } from '../send.ts';
import type { Hooks } from './hooks.ts';
import { Visits } from './visits.ts';

/*
 * GET, HEAD  /ready /readyz /readyz/NAME   200 or 503; ?verbose, ?exclude=NAME, JSON by Accept
 * GET, HEAD  /livez                        200 as long as the process answers
 * GET        /drain?container=NAME         a preStop hook; answered when the container may go
 * GET, HEAD  /status /metrics /            JSON, Prometheus text, a page
 */

/** What the server answers with; all of it from memory. */
export interface Answers {
  /** That of `/ready` without any parameters: the kubelet asks it each second, all others are rare. */
  readonly plainReady: ReadyAnswer;
  ready(path: string, query: URLSearchParams, accept: string): ReadyAnswer;
  status(): object;
  metrics(): Promise<{ readonly type: string; readonly body: string }>;
  page(): Promise<{ readonly body: string; readonly contentSecurityPolicy: string }>;
  readonly hooks: Hooks;
}

/**
 * @returns a server that is not listening yet. What comes from the network is bounded: 8 KiB of headers, no bodies,
 * and connections in number and time (`Visits`).
 */
export function createAgentServer(answers: Answers): Server {
  const visits = new Visits();
  const ownTurn = oneEachTurn();
  const server = createServer(
    { maxHeaderSize: 8192, headersTimeout: 0, requestTimeout: 0, keepAliveTimeout: 0 },
    (request, response) => {
      if (!visits.admit(request.socket, response)) return;
      if (asksPlainReady(request)) return answerPlainReady(response, answers.plainReady);
      const waits = (): void => visits.leave(request.socket);
      handle(answers, request, response, ownTurn, waits).catch(() =>
        refuse(response, 500, 'Internal error\n'),
      );
    },
  );
  return server.on('connection', socket => visits.begin(socket)).on('close', () => visits.close());
}

/** @returns whether it is the request that kubelets and load balancers make each second. */
function asksPlainReady(request: IncomingMessage): boolean {
  const { method, url, headers } = request;
  if (url !== '/ready' || method !== 'GET' || hasBody(request)) return false;
  return headers.accept?.includes('application/json') !== true;
}

/** As `send` does, in less time: 1.25 times as many a second without a promise and the headers that browsers heed. */
function answerPlainReady(response: ServerResponse, { status, type, body }: ReadyAnswer): void {
  response.writeHead(status, ['content-type', type, 'content-length', String(Buffer.byteLength(body))]);
  response.end(body);
}

/**
 * What takes long to make (some 0.5 ms) is made for one in each turn of the event loop: connections that came in
 * together may ask for it hundreds of times, and `/ready` is to wait for one of them at most.
 *
 * @returns a function whose promises resolve one in each turn
 */
function oneEachTurn(): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => new Promise(resolve => setImmediate(resolve)));
    return last;
  };
}

/**
 * Answers all but the plain `/ready`.
 *
 * @param ownTurn to wait for before what takes long is made
 * @param waits to be called for a hook that is not answered at once
 */
async function handle(
  answers: Answers,
  request: IncomingMessage,
  response: ServerResponse,
  ownTurn: () => Promise<void>,
  waits: () => void,
): Promise<void> {
  const { method = 'GET', url = '/', headers } = request;
  // A request with a body is answered without reading it, and its connection ends.
  if (hasBody(request)) response.setHeader('connection', 'close');
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return refuse(response, 405, 'Method not allowed; accepted: GET, HEAD\n');
  }
  const target = withoutHost(url);
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = (): URLSearchParams => new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1));
  if (path === '/ready' || path === '/readyz' || path.startsWith('/readyz/')) {
    const { status, type, body } = answers.ready(path, query(), headers.accept ?? '');
    return send(response, status, type, body);
  }
  if (path === '/status' || path === '/metrics' || path === '/') {
    await ownTurn();
    if (response.destroyed) return;
  }
  switch (path) {
    case '/livez':
      return send(response, 200, TEXT, 'ok');
    case '/drain':
      if (method === 'HEAD') return refuse(response, 405, 'Method not allowed; accepted: GET\n');
      if (answers.hooks.handle(request, response, query())) waits();
      return;
    case '/status':
      return send(response, 200, 'application/json', `${JSON.stringify(answers.status(), undefined, 2)}\n`);
    case '/metrics': {
      const { type, body } = await answers.metrics();
      return send(response, 200, type, body);
    }
    case '/': {
      const { body, contentSecurityPolicy } = await answers.page();
      response.setHeader('content-security-policy', contentSecurityPolicy);
      return send(response, 200, 'text/html; charset=utf-8', body);
    }
    default:
      return refuse(
        response,
        404,
        'Not found; there are /ready, /readyz, /livez, /drain, /status, /metrics and /\n',
      );
  }
}

/** What is asked for by way of a proxy is named with its host, and every server must take it so (RFC 9112, 3.2.2). */
function withoutHost(url: string): string {
  return url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?]*\/?/i, '/');
}

function refuse(response: ServerResponse, status: number, body: string): void {
  if (response.headersSent) response.destroy();
  else send(response, status, TEXT, body);
}
