import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { now } from './until.ts';

/** What to ask for. */
export interface Asked {
  readonly port: number;
  readonly path?: string | undefined;
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The address that it comes from. */
  readonly from?: string | undefined;
  /** Without one, each request has a connection of its own. */
  readonly keep?: Agent | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** When its last byte came, and how long that took since it was asked for. */
  readonly at: number;
  readonly tookMs: number;
}

/** Makes one request, as the kubelet's probes and hooks do. */
export async function ask({ port, path, method, headers, from, keep, signal }: Asked): Promise<Answer> {
  const askedAt = now();
  const asking = request({
    host: '127.0.0.1',
    port,
    path,
    method,
    headers,
    localAddress: from,
    agent: keep ?? false,
    signal,
  });
  asking.end();
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  asking.on('error', reject);
  asking.on('response', response => {
    let body = '';
    response.setEncoding('utf8').on('data', (text: string) => void (body += text));
    response.on('error', reject);
    response.on('end', () => {
      const at = now();
      const { statusCode: status = 0, headers: received } = response;
      resolve({ status, headers: received, body, at, tookMs: at - askedAt });
    });
  });
  return promise;
}

/** @returns a pool of one connection that is kept. */
export function keptConnection(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1 });
}
