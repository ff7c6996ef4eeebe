import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { HttpHead, HttpRequest } from '../../../lib/readiness/http-probe.ts';
import { MAX_BODY_BYTES } from '../../../lib/readiness/http-probe.ts';
import type { Network } from './network.ts';

/** Far beyond any sane answer; Go's own limit, 10 MiB, is more than the agent's memory should be at risk for. */
const MAX_HEADER_BYTES = 64 * 1024;

/** How an exchange ended: with as much as was wanted of the answer, or with an error, perhaps after its head. */
export interface Exchanged {
  readonly head: HttpHead | undefined;
  readonly error: unknown;
}

/** What an exchange is made with. */
export interface ExchangeContext {
  readonly network: Network;
  /** Aborted when nobody waits any longer; its reason is an Error. */
  readonly signal: AbortSignal;
}

/** What probes do not need. */
export interface Further {
  readonly method?: 'GET' | 'POST' | 'PUT';
  /** How much of a body is read, instead of `MAX_BODY_BYTES`. */
  readonly mostBytes?: number;
  /** Called with each part of the body. */
  readonly take?: (chunk: Buffer) => void;
}

/**
 * One request and its answer on a connection of its own, which is closed after (`Connection: close`). It has no
 * deadline but the context's signal.
 *
 * By node:http, which the agent's server has loaded already: undici's client and its parser cost 16 MiB more (4 MiB
 * with WebAssembly held to Liftoff) and 20 ms of each start (measured, Node 24).
 *
 * @param wantsBody Told the answer's head; if true, the body is read too, to its end or `mostBytes`.
 */
export async function exchange(
  { url, host, headers }: HttpRequest,
  { network, signal }: ExchangeContext,
  wantsBody: (head: HttpHead) => boolean,
  { method = 'GET', mostBytes = MAX_BODY_BYTES, take }: Further = {},
): Promise<Exchanged> {
  const { promise, resolve } = Promise.withResolvers<Exchanged>();
  const isTls = url.protocol === 'https:';
  const target = {
    host: url.hostname.replace(/^\[|\]$/gu, ''),
    port: Number(url.port || (isTls ? 443 : 80)),
  };
  let head: HttpHead | undefined;
  let isWhole = false;
  const end = (error?: unknown): void => resolve({ head, error });

  function answered(response: IncomingMessage): void {
    const {
      statusCode = 0,
      headers: { location },
    } = response;
    head = { status: statusCode, location };
    response.on('error', end);
    if (!wantsBody(head)) return end();
    let bodyBytes = 0;
    response.on('data', (chunk: Buffer) => {
      bodyBytes += chunk.length;
      take?.(chunk);
      if (bodyBytes >= mostBytes) end();
    });
    response.on('end', () => {
      isWhole = true;
      end();
    });
  }

  const request = httpRequest({
    method,
    path: url.pathname + url.search,
    headers: ['Host', host, ...(method === 'GET' ? [] : ['Content-Length', '0']), ...headers.flat()],
    maxHeaderSize: MAX_HEADER_BYTES,
    createConnection: () => (isTls ? network.tls(target, signal) : network.tcp(target, signal)),
  });
  request.on('response', answered);
  // To Go's client, and so to the kubelet, 101 is an answer like any other.
  request.on('upgrade', (response, socket) => {
    answered(response);
    socket.destroy();
  });
  request.on('error', end);
  request.end();
  const exchanged = await promise;
  // After a whole answer node:http closes the connection itself.
  if (!isWhole) request.destroy();
  return exchanged;
}
