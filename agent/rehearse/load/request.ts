import { type Agent, request as httpRequest } from 'node:http';
import { now } from '../clock.ts';
import type { Outcome } from './outcome.ts';

const TIMEOUT_MS = 10_000;

/** Where a request goes, and from which of this machine's addresses and ports; by default the system's choice. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly localAddress?: string;
  readonly localPort?: number;
}

/**
 * Sends one request.
 *
 * @param agent The kept connection; false for a new one, which the request closes.
 * @returns how it ended, at the latest after 10 s.
 */
export function sendRequest(destination: Destination, agent: Agent | false): Promise<Outcome> {
  const startedAt = now();
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  let connected = false;
  let timedOut = false;
  const request = httpRequest({ ...destination, agent }, response => {
    const status = response.statusCode ?? 0;
    response.on('error', broke);
    response.on('end', () => {
      const end = { startedAt, endedAt: now() };
      resolve(status >= 200 && status < 400 ? { ...end, type: 'ok' } : { ...end, type: 'status', status });
    });
    response.resume();
  });
  const timer = setTimeout(() => {
    timedOut = true;
    request.destroy(new Error('timed out'));
  }, TIMEOUT_MS);
  request.on('socket', socket => {
    if (!socket.connecting) connected = true;
    else socket.once('connect', () => void (connected = true));
  });
  request.on('error', broke);
  request.end();
  return promise.finally(() => clearTimeout(timer));

  function broke(error: Error): void {
    const end = { startedAt, endedAt: now() };
    const lacking = connected ? 'answer' : 'connection';
    if (timedOut) resolve({ ...end, type: 'unanswered', reason: `no ${lacking} within 10 s` });
    else if (connected) resolve({ ...end, type: 'broken', reason: 'connection closed without an answer' });
    else resolve({ ...end, type: 'unanswered', reason: reasonOf(error) });
  }
}

function reasonOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  return code === 'ECONNREFUSED' ? 'connection refused' : error.message;
}
