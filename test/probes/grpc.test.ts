import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { type TestContext, test } from 'node:test';
import { probe, rawTarget, run, saying, type Target, target, USER_AGENT } from './target.ts';

function grpcTarget(
  context: TestContext,
  answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
): Promise<Target> {
  const server = createServer();
  server.on('session', session => session.on('error', () => {}));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    answer(stream, headers);
  });
  return target(context, server);
}

/** Answers as grpc-go's health server does: headers, a framed message, trailers. */
function answerWith(stream: ServerHttp2Stream, message: readonly number[], status = '0', text = ''): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status, 'grpc-message': text }));
  stream.end(Buffer.from([0, 0, 0, 0, message.length, ...message]));
}

test('probeGrpc() asks for the service and succeeds when it is SERVING', async context => {
  let seen: IncomingHttpHeaders = {};
  const body: Buffer[] = [];
  const serving = await grpcTarget(context, (stream, headers) => {
    seen = headers;
    stream.on('data', (chunk: Buffer) => body.push(chunk));
    stream.on('end', () => answerWith(stream, [0x08, 1]));
  });
  assert.deepEqual(await run(probe(`grpc://:${serving.port}/acme.Users`)), {
    type: 'success',
    reason: `127.0.0.1:${serving.port}: SERVING`,
    connections: 1,
  });
  await serving.allClosed();
  assert.equal(seen[':method'], 'POST');
  assert.equal(seen[':path'], '/grpc.health.v1.Health/Check');
  assert.equal(seen[':authority'], `127.0.0.1:${serving.port}`);
  assert.equal(seen['content-type'], 'application/grpc');
  assert.equal(seen['te'], 'trailers');
  assert.equal(seen['user-agent'], USER_AGENT);
  assert.equal(Buffer.concat(body).toString('latin1'), '\0\0\0\0\x0c\x0a\x0aacme.Users');
});

const answers: readonly [what: string, answer: (stream: ServerHttp2Stream) => void, reason: RegExp][] = [
  ['is NOT_SERVING', stream => answerWith(stream, [0x08, 2]), /unhealthy: it answered NOT_SERVING/],
  ['says nothing of its status', stream => answerWith(stream, []), /unhealthy: it answered UNKNOWN/],
  ['answers no message', stream => answerWith(stream, [0xff]), /no HealthCheckResponse/],
  [
    'has no health service (trailers only)',
    stream =>
      stream.respond({ ':status': 200, 'grpc-status': '12', 'grpc-message': 'no' }, { endStream: true }),
    /does not implement the gRPC health protocol \(grpc.health.v1.Health\): "no"/,
  ],
  [
    'does not know the service',
    stream => answerWith(stream, [], '5', 'unknown service'),
    /failed with NOT_FOUND: "unknown service"/,
  ],
  ['is a web server', stream => stream.respond({ ':status': 404 }, { endStream: true }), /HTTP 404 instead/],
  ['resets the stream', stream => stream.close(2), /did not answer in HTTP\/2|without an answer/],
  ['closes the connection', stream => stream.session?.destroy(), /closed|reset/],
  [
    'answers without an end',
    stream => {
      stream.respond({ ':status': 200 });
      stream.end(Buffer.alloc(10_000_000));
    },
    /no grpc-status/,
  ],
];

for (const [what, answer, reason] of answers) {
  test(`probeGrpc() fails when the server ${what}`, async context => {
    const told = await grpcTarget(context, answer);
    const result = await run(probe(`grpc://:${told.port}`));
    assert.equal(result.type, 'failure');
    assert.match(result.reason, reason);
    await told.allClosed();
  });
}

test('probeGrpc() fails when the target does not speak HTTP/2', async context => {
  const garbage = await saying(context, 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
  const result = await run(probe(`grpc://:${garbage.port}`));
  assert.equal(result.type, 'failure');
  assert.match(result.reason, /did not answer in HTTP\/2/);
  await garbage.allClosed();
});

test('probeGrpc() fails when the target closes at once, or nobody listens', async context => {
  const closing = await rawTarget(context, socket => socket.end());
  const closed = await run(probe(`grpc://:${closing.port}`));
  assert.equal(closed.type, 'failure');
  assert.match(closed.reason, /closed|reset/);
  const refused = await run(probe('grpc://:1'));
  assert.match(refused.reason, /refused the connection/);
  assert.equal(refused.isRefused, true);
});

test('probeGrpc() fails at its timeout when the target is silent, before or after its headers', async context => {
  const silent = await rawTarget(context, () => {});
  const half = await grpcTarget(context, stream => stream.respond({ ':status': 200 }));
  for (const told of [silent, half]) {
    const result = await run(probe(`grpc://:${told.port}`, 0.2));
    assert.equal(result.type, 'failure');
    assert.match(result.reason, /did not answer within 200 ms$/);
    await told.allClosed();
  }
});
