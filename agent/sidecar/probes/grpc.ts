import { connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { CHECK_PATH, encodeCheck, judgeCheck, MAX_ANSWER_BYTES } from '../../../lib/readiness/grpc-health.ts';
import { inUrl } from '../../../lib/readiness/http-probe.ts';
import type { ProbeAction } from '../../../lib/readiness/probe.ts';
import type { ProbeResult } from '../../../lib/readiness/probe-result.ts';
import { connectionFailure } from './connection-failure.ts';
import type { ProbeContext } from './context.ts';

/**
 * A grpc probe: one `Check` over HTTP/2 in clear text, as the kubelet's, which supports no credentials either.
 * Load this file with the first grpc probe only: node:http2 costs 9 MiB (measured, Node 24).
 */
export function probeGrpc(
  { port, service }: Extract<ProbeAction, { type: 'grpc' }>,
  { network, podHost: host, userAgent, signal }: ProbeContext,
): Promise<ProbeResult> {
  const target = `${inUrl(host)}:${port}`;
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  const fail = (error: unknown) => resolve(connectionFailure(error, target, undefined));
  const socket = network.tcp({ host, port }, signal);
  const session = connect(`http://${target}`, {
    createConnection: () => socket,
    maxSessionMemory: 1,
    settings: { enablePush: false, maxHeaderListSize: MAX_ANSWER_BYTES },
  });
  const stream = session.request({
    ':method': 'POST',
    ':path': CHECK_PATH,
    'content-type': 'application/grpc',
    te: 'trailers',
    'user-agent': userAgent,
  });
  // The socket's own error comes first and says most: "refused" rather than "session destroyed".
  for (const part of [socket, session, stream]) part.on('error', fail);
  session.on('close', () => fail(new Error('closed the connection before the whole answer')));

  const chunks: Buffer[] = [];
  let bytes = 0;
  let head: IncomingHttpHeaders | undefined;
  let trailers: IncomingHttpHeaders = {};
  stream.on('response', headers => (head = headers));
  stream.on('trailers', received => (trailers = received));
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_ANSWER_BYTES) chunks.push(chunk);
    else stream.close(constants.NGHTTP2_CANCEL);
  });
  stream.on('close', () => {
    if (head === undefined) return fail(new Error('closed the stream without an answer'));
    // An answer without a body has its status in the headers ("trailers-only").
    const { 'grpc-status': grpcStatus, 'grpc-message': grpcMessage } = { ...head, ...trailers };
    const { type, reason } = judgeCheck({
      httpStatus: Number(head[':status']),
      body: Buffer.concat(chunks),
      grpcStatus: first(grpcStatus),
      grpcMessage: first(grpcMessage),
    });
    resolve({ type, reason: `${target}: ${reason}` });
  });
  stream.end(encodeCheck(service));
  return promise.finally(() => socket.destroy());
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
