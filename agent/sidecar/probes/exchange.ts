import { Client } from 'undici';
import type { HttpHead, HttpRequest } from '../../../lib/readiness/http-probe.ts';
import { MAX_BODY_BYTES } from '../../../lib/readiness/http-probe.ts';
import type { ProbeContext } from './context.ts';

/** Far beyond any sane answer; Go's own limit, 10 MiB, is more than the agent's memory should be at risk for. */
const MAX_HEADER_BYTES = 64 * 1024;

/** How an exchange ended: with as much as was wanted of the answer, or with an error, perhaps after its head. */
export interface Exchanged {
  readonly head: HttpHead | undefined;
  readonly error: unknown;
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
 * @param wantsBody Told the answer's head; if true, the body is read too, to its end or `mostBytes`.
 */
export async function exchange(
  { url, host, headers }: HttpRequest,
  { network, signal }: Pick<ProbeContext, 'network' | 'signal'>,
  wantsBody: (head: HttpHead) => boolean,
  { method = 'GET', mostBytes = MAX_BODY_BYTES, take }: Further = {},
): Promise<Exchanged> {
  const { promise, resolve } = Promise.withResolvers<Exchanged>();
  const isTls = url.protocol === 'https:';
  const target = {
    host: url.hostname.replace(/^\[|\]$/gu, ''),
    port: Number(url.port || (isTls ? 443 : 80)),
  };
  let connections = 0;
  const client = new Client(url.origin, {
    connect: (_, connected) => {
      // undici would connect again for a request that an early close left unsent: a probe has one connection.
      if (++connections > 1) return connected(new Error('closed the connection at once'), null);
      const socket = isTls ? network.tls(target, signal) : network.tcp(target, signal);
      const failed = (error: Error) => connected(error, null);
      socket.once('error', failed);
      socket.once(isTls ? 'secureConnect' : 'connect', () => {
        socket.off('error', failed);
        connected(null, socket);
      });
    },
    pipelining: 0, // `Connection: close`
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    allowH2: false,
  });
  let head: HttpHead | undefined;
  let bodyBytes = 0;
  client.dispatch(
    { method, path: url.pathname + url.search, headers: ['Host', host, ...headers.flat()] },
    {
      onRequestStart() {},
      onResponseStart(controller, status, { location }) {
        if (status < 200) return;
        head = { status, location: Array.isArray(location) ? location[0] : location };
        if (!wantsBody(head)) controller.abort(ENOUGH);
      },
      onResponseData(controller, chunk) {
        bodyBytes += chunk.length;
        take?.(chunk);
        if (bodyBytes >= mostBytes) controller.abort(ENOUGH);
      },
      onResponseEnd: () => resolve({ head, error: undefined }),
      onResponseError: (_, error) => resolve({ head, error: error === ENOUGH ? undefined : error }),
    },
  );
  const exchanged = await promise;
  void client.destroy();
  return exchanged;
}

/** Ends an exchange of which nothing more is wanted. */
const ENOUGH = new Error('Enough was read');
