import { createServer, type Server, type ServerResponse } from 'node:http';
import { hasBody, send, TEXT } from '../send.ts';

/*
 * GET, HEAD  /livez    200 as long as the process answers
 * GET, HEAD  /readyz   200 once all has been read that is not refused, whether it leads or stands by; else 503
 * GET, HEAD  /status   JSON
 * GET, HEAD  /metrics  Prometheus text
 */

/** What the server answers with. */
export interface Answers {
  readonly isReady: () => boolean;
  readonly status: () => object;
  readonly metrics: () => Promise<{ readonly type: string; readonly body: string }>;
}

const MOST_CONNECTIONS = 256;

/** @returns a server that is not listening yet; what comes from the network is bounded in size, number and time. */
export function createPublisherServer(answers: Answers): Server {
  const server = createServer(
    { maxHeaderSize: 8192, headersTimeout: 5000, requestTimeout: 5000, keepAliveTimeout: 30_000 },
    (request, response) => {
      const { method } = request;
      if (hasBody(request)) response.setHeader('connection', 'close');
      if (method !== 'GET' && method !== 'HEAD') {
        response.setHeader('allow', 'GET, HEAD');
        return send(response, 405, TEXT, 'Method not allowed; accepted: GET, HEAD\n');
      }
      answer(answers, request.url?.split('?')[0] ?? '/', response).catch(() => response.destroy());
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

async function answer(answers: Answers, path: string, response: ServerResponse): Promise<void> {
  switch (path) {
    case '/livez':
      return send(response, 200, TEXT, 'ok\n');
    case '/readyz':
      return answers.isReady()
        ? send(response, 200, TEXT, 'ok\n')
        : send(response, 503, TEXT, 'Not all has been read yet\n');
    case '/status':
      return send(response, 200, 'application/json', `${JSON.stringify(answers.status(), undefined, 2)}\n`);
    case '/metrics': {
      const { type, body } = await answers.metrics();
      return send(response, 200, type, body);
    }
    default:
      return send(response, 404, TEXT, 'Not found; there are /livez, /readyz, /status and /metrics\n');
  }
}
