import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { refusal } from '../../lib/kubernetes/answer.ts';
import { retryAfterMs } from '../../lib/kubernetes/back-off.ts';
import type { Parsed } from '../../lib/parsed.ts';
import { codeOf } from '../error-code.ts';
import type { Account } from './account.ts';
import { createConnections } from './connections.ts';
import { createExchange, type Exchange } from './exchange.ts';

/*
 * The API server's client: HTTPS by Node's own, and what is needed of the protocol: lists, watches and writes.
 * Invariant: whatever it answers, or does not, each request ends by its deadline and keeps no more than its bound.
 *
 * Not by @kubernetes/client-node 2.0.1, whose Watch keeps a line of any length (300 MiB without an end cost 440 MiB),
 * takes garbage for a good end and loses Retry-After; the rest of it, reading two files, would cost 16 MiB.
 */

/** Why a request came to nothing. */
export interface Failure {
  readonly reason: string;
  /** Undefined where there was no answer. */
  readonly code?: number;
  /** What the server asked to wait. */
  readonly retryAfterMs?: number | undefined;
  /** The answer is longer than it may be. */
  readonly isTooLong?: true;
  /** It was not sent, for `forbidden` said why not. */
  readonly isForbidden?: true;
}

export type Answer =
  | { readonly ok: true; readonly body: string }
  | { readonly ok: false; readonly failure: Failure };

/** What is asked for. */
export interface Asked {
  readonly path: string;
  /** POST where it is not given and there is a body, else GET. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** That of a PATCH is a JSON patch (RFC 6902). */
  readonly body?: object;
  readonly signal: AbortSignal;
  /** Asked at the last moment before it is sent. @returns why it is not to be. */
  readonly forbidden?: () => string | undefined;
}

/** What one exchange may take. */
export interface Limits {
  /** Until the answer begins. */
  readonly headMs: number;
  /** Between two parts of it. */
  readonly quietMs: number;
  /** All in all. */
  readonly wholeMs: number;
}

/** Takes the answer's text as it comes. @returns why it is not to go on. */
export type Take = (text: string) => string | undefined;

export interface ApiClient {
  /** @returns the body of a 2xx answer of at most `mostBytes`. */
  ask(asked: Asked, limits: Limits, mostBytes: number): Promise<Answer>;
  /**
   * @param opened called when the answer is 200
   * @returns why it ended; undefined when the server ended it
   */
  stream(asked: Asked, limits: Limits, opened: () => void, take: Take): Promise<Failure | undefined>;
  close(): void;
}

const MOST_REFUSAL_BYTES = 16_384;
const MOST_HEADER_BYTES = 16_384;

/**
 * @param account read anew for each request.
 * @param maxFreeSockets connections that are kept for the next requests.
 */
export function createClient(
  account: () => Promise<Parsed<Account>>,
  userAgent: string,
  maxFreeSockets: number = 1,
): ApiClient {
  const connections = createConnections(maxFreeSockets);

  /** Throws where the account's files hold what no request can carry. */
  function begin(asked: Asked, whose: Account): ClientRequest {
    const { path, method, body } = asked;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const options: RequestOptions = {
      path,
      method: method ?? (text === undefined ? 'GET' : 'POST'),
      maxHeaderSize: MOST_HEADER_BYTES,
      headers: {
        accept: 'application/json',
        'user-agent': userAgent,
        ...('token' in whose && { authorization: `Bearer ${whose.token}` }),
        ...(text === undefined
          ? {}
          : { 'content-type': contentType(method), 'content-length': Buffer.byteLength(text) }),
      },
    };
    const request =
      'proxy' in whose
        ? httpRequest(whose.proxy, options)
        : httpsRequest({
            ...options,
            host: whose.host,
            port: whose.port,
            agent: connections.agentOf(whose.ca),
          });
    request.end(text);
    return request;
  }

  /** @returns the request; undefined where the exchange ended without one. */
  async function send(asked: Asked, exchange: Exchange): Promise<ClientRequest | undefined> {
    try {
      const read = await account();
      if (exchange.isOver) return undefined;
      const because = asked.forbidden?.();
      if (because !== undefined) exchange.end({ reason: because, isForbidden: true });
      else if (read.ok) return begin(asked, read.value);
      else exchange.fail(read.problems.join('; '));
    } catch (error) {
      exchange.fail(`The service account is of no use: ${codeOf(error)}`);
    }
    return undefined;
  }

  /** A connection whose answer was read whole is kept for the next request; any other is of no use. */
  async function giveUp(sent: Promise<ClientRequest | undefined>, signal: AbortSignal): Promise<void> {
    const request = await sent;
    if (request === undefined) return;
    request.destroy();
    if (!signal.aborted) connections.failed(request);
  }

  /** Its deadlines run from the first moment on: the account's files may be as slow as the server. */
  async function stream(
    asked: Asked,
    limits: Limits,
    opened: () => void,
    take: Take,
  ): Promise<Failure | undefined> {
    const exchange = createExchange(asked.signal, limits);
    const sent = send(asked, exchange).then(request => {
      if (request === undefined) return undefined;
      connections.sent(request);
      receive(request, exchange, opened, take);
      return request;
    });
    const failure = await exchange.ended;
    if (failure !== undefined) void giveUp(sent, asked.signal);
    return failure;
  }

  return {
    stream,
    async ask(asked, limits, mostBytes): Promise<Answer> {
      let body = '';
      let bytes = 0;
      let isTooLong = false;
      const failure = await stream(
        asked,
        limits,
        () => {},
        text => {
          body += text;
          bytes += Buffer.byteLength(text);
          isTooLong = bytes > mostBytes;
          return isTooLong ? `Answered more than ${mostBytes} bytes` : undefined;
        },
      );
      if (failure === undefined) return { ok: true, body };
      return { ok: false, failure: isTooLong ? { ...failure, isTooLong } : failure };
    },
    close: () => connections.close(),
  };
}

function contentType(method: Asked['method']): string {
  return method === 'PATCH' ? 'application/json-patch+json' : 'application/json';
}

/** Takes the answer as it comes. */
function receive(request: ClientRequest, exchange: Exchange, opened: () => void, take: Take): void {
  request.on('error', error => exchange.fail(`Cannot be reached: ${codeOf(error)}`));
  // Nobody asked for another protocol; the socket is not the request's any more.
  request.on('upgrade', ({ statusCode: code = 0 }, socket) => {
    socket.destroy();
    exchange.end({ reason: refusal(code, ''), code });
  });
  request.on('response', response => {
    const { statusCode = 0 } = response;
    if (statusCode < 200 || statusCode > 299) {
      return void readRefusal(response).then(failure => exchange.end(failure));
    }
    response.setEncoding('utf8');
    response.on('error', error => exchange.fail(`Broke off: ${codeOf(error)}`));
    response.on('aborted', () => exchange.fail('Broke off'));
    response.on('end', () => exchange.end(undefined));
    response.on('data', (text: string) => {
      if (exchange.isOver) return;
      exchange.heard();
      const problem = guarded(take, text);
      if (problem !== undefined) exchange.fail(problem);
    });
    exchange.heard();
    opened();
  });
}

/** A fault in what an answer is taken by must not end the agent. */
function guarded(take: Take, text: string): string | undefined {
  try {
    return take(text);
  } catch (error) {
    return `A fault: ${codeOf(error)}`;
  }
}

/** @returns why it was refused, once its body is read as far as it is wanted; the caller's deadlines bound it. */
async function readRefusal(response: IncomingMessage): Promise<Failure> {
  const { statusCode: code = 0, headers } = response;
  let body = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      body += String(chunk);
      if (body.length > MOST_REFUSAL_BYTES) break;
    }
  } catch {
    // The status says enough.
  }
  return { reason: refusal(code, body), code, retryAfterMs: retryAfterMs(headers['retry-after']) };
}
