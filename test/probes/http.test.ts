import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type TestContext, test } from 'node:test';
import { watchStalls } from '../agent/stalls.ts';
import { now } from '../agent/until.ts';
import { CERTIFICATE, KEY } from './certificate.ts';
import { probe, rawTarget, run, saying, type Target, target, USER_AGENT } from './target.ts';

function httpTarget(
  context: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Target> {
  return target(context, createServer(answer));
}

for (const [status, type] of [
  [200, 'success'],
  [204, 'success'],
  [299, 'success'],
  [300, 'warning'],
  [304, 'warning'],
  [399, 'warning'],
  [400, 'failure'],
  [404, 'failure'],
  [503, 'failure'],
] as const) {
  test(`probeHttp() returns a ${type} when the answer is ${status}`, async context => {
    const { port } = await httpTarget(context, (_, response) => response.writeHead(status).end());
    const result = await run(probe(`http://:${port}/healthz`));
    assert.equal(result.type, type);
    assert.match(result.reason, new RegExp(`^HTTP ${status} from http://127.0.0.1:${port}/healthz`));
    assert.equal(result.connections, 1);
  });
}

test('probeHttp() asks as the kubelet does when nothing else is set', async context => {
  let seen: IncomingMessage | undefined;
  const { port } = await httpTarget(context, (request, response) => {
    seen = request;
    response.end();
  });
  await run(probe(`http://:${port}/a//b?c=d%20e&f#g`));
  assert.equal(seen?.method, 'GET');
  assert.equal(seen.url, '/a//b?c=d%20e&f');
  assert.deepEqual(
    { ...seen.headers },
    { host: `127.0.0.1:${port}`, connection: 'close', 'user-agent': USER_AGENT, accept: '*/*' },
  );
});

test("probeHttp() sends the probe's own headers when they are set", async context => {
  let seen: readonly string[] = [];
  const { port } = await httpTarget(context, (request, response) => {
    seen = request.rawHeaders;
    response.end();
  });
  const headers = [
    ['host', 'app.example'],
    ['User-Agent', 'me/1'],
    ['Accept', ''],
    ['X-Twice', '1'],
    ['X-Twice', '2'],
    ['Connection', 'keep-alive'],
    ['Content-Length', '5'],
  ].map(([name, value]) => ({ name, value }));
  const result = await run(probe(JSON.stringify({ httpGet: { port, httpHeaders: headers } })));
  assert.equal(result.type, 'success');
  const pairs = seen.flatMap((name, index) =>
    index % 2 === 0 ? [`${name.toLowerCase()}: ${seen[index + 1]}`] : [],
  );
  assert.deepEqual(pairs.sort(), [
    'connection: close',
    'host: app.example',
    'user-agent: me/1',
    'x-twice: 1',
    'x-twice: 2',
  ]);
});

test('probeHttp() follows a redirect when it stays on the host, on a connection of its own', async context => {
  const hosts: (string | undefined)[] = [];
  const { port } = await httpTarget(context, ({ url, headers }, response) => {
    hosts.push(headers.host);
    if (url === '/') response.writeHead(302, { location: '/login' }).end('x'.repeat(100_000));
    else response.writeHead(url === '/login' ? 200 : 500).end();
  });
  const result = await run(
    probe(JSON.stringify({ httpGet: { port, httpHeaders: [{ name: 'Host', value: 'app.example' }] } })),
  );
  assert.deepEqual(result, {
    type: 'success',
    reason: `HTTP 200 from http://127.0.0.1:${port}/login`,
    connections: 2,
  });
  assert.deepEqual(hosts, ['app.example', 'app.example']);
});

test('probeHttp() fails after ten requests when redirects lead in a circle', async context => {
  const circle = await httpTarget(context, (_, response) => response.writeHead(307, { location: '/' }).end());
  const result = await run(probe(`http://:${circle.port}/`));
  assert.equal(result.type, 'failure');
  assert.match(result.reason, /stopped after 10 redirects/);
  assert.equal(circle.accepted, 10);
  assert.equal(result.connections, 10);
});

test('probeHttp() returns a warning and stays when a redirect leads to another host', async context => {
  const { port } = await httpTarget(context, (_, response) =>
    response.writeHead(302, { location: 'http://elsewhere.invalid/x' }).end(),
  );
  const result = await run(probe(`http://:${port}/`));
  assert.equal(result.type, 'warning');
  assert.match(result.reason, /a redirect to "http:\/\/elsewhere\.invalid\/x", which is another host/);
});

test('probeHttp() accepts any certificate when the scheme is HTTPS', async context => {
  const server = createTlsServer({ key: KEY, cert: CERTIFICATE }, (_, response) => response.end('ok'));
  const { port } = await target(context, server);
  assert.deepEqual(await run(probe(`https://:${port}/`)), {
    type: 'success',
    reason: `HTTP 200 from https://127.0.0.1:${port}/`,
    connections: 1,
  });
  assert.equal((await run(probe(`https://localhost:${port}/`))).type, 'success');
});

/** Targets that misbehave: what they send to whoever says anything, and what the probe makes of it. */
const misbehaving: readonly [what: string, bytes: string, reason: RegExp][] = [
  ['garbage', '\u0000\u00ff\u0001 garbage\r\n\r\n', /did not answer in HTTP \(HPE_/],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', /did not answer in HTTP \(HPE_/],
  [
    'headers that are too long',
    `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`,
    /too many headers|HPE_HEADER_OVERFLOW/,
  ],
  [
    'an endless header',
    `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(10_000_000)}`,
    /too many headers|HPE_HEADER_OVERFLOW/,
  ],
];

for (const [what, bytes, reason] of misbehaving) {
  test(`probeHttp() fails when the target sends ${what}`, async context => {
    const told = await saying(context, bytes);
    const result = await run(probe(`http://:${told.port}/`));
    assert.equal(result.type, 'failure');
    assert.match(result.reason, reason);
    await told.allClosed();
  });
}

test('probeHttp() fails when the target closes at once, without trying again', async context => {
  const closing = await rawTarget(context, socket => socket.end());
  const result = await run(probe(`http://:${closing.port}/`));
  assert.equal(result.type, 'failure');
  assert.match(result.reason, /closed the connection before the whole answer|reset the connection/);
  assert.equal(closing.accepted, 1);
});

test('probeHttp() fails when the answer breaks off in its head or in its body', async context => {
  for (const half of ['HTTP/1.1 200 O', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf']) {
    const { port } = await rawTarget(context, socket => socket.once('data', () => socket.end(half)));
    const result = await run(probe(`http://:${port}/`));
    assert.equal(result.type, 'failure', half);
    assert.match(result.reason, /(closed|reset) the connection/);
  }
});

test('probeHttp() fails by its status when the target switches protocols', async context => {
  const switching = await saying(
    context,
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello',
  );
  assert.match((await run(probe(`http://:${switching.port}/`))).reason, /^HTTP 101 from /);
  await switching.allClosed();
});

test('probeHttp() succeeds when a body without a length ends with its connection', async context => {
  const { port } = await rawTarget(context, socket =>
    socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\nall of it')),
  );
  assert.equal((await run(probe(`http://:${port}/`))).type, 'success');
});

const silent: readonly [what: string, begin: string, drip: string | undefined][] = [
  ['never answers', '', undefined],
  ['stops in the head', 'HTTP/1.1 200 OK\r\nContent-', undefined],
  ['stops in the body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', undefined],
  ['sends its headers byte by byte', 'HTTP/1.1 200 OK\r\nx: ', 'y'],
];

for (const [what, begin, drip] of silent) {
  test(`probeHttp() fails at its timeout when the target ${what}`, async context => {
    const slow = await rawTarget(context, socket => {
      if (begin !== '') socket.write(begin);
      const timer = drip === undefined ? undefined : setInterval(() => socket.write(drip), 10);
      socket.on('close', () => clearInterval(timer));
    });
    const stalls = watchStalls();
    context.after(() => stalls.close());
    const begunAt = now();
    const result = await run(probe(`http://:${slow.port}/`, 0.2));
    const endedAt = now();
    assert.equal(result.type, 'failure');
    assert.match(result.reason, /did not answer within 200 ms$/);
    const tookMs = endedAt - begunAt;
    assert.ok(tookMs >= 199 && tookMs < 1000 + stalls.between(begunAt, endedAt), `${tookMs} ms`);
    await slow.allClosed();
  });
}

test('probeHttp() costs the target 10 KiB or little more when it answers a gigabyte', async context => {
  let written = 0;
  const chunk = Buffer.alloc(16 * 1024, 'x');
  const endless = await rawTarget(context, socket => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n');
      const more = (): void => {
        let goOn = true;
        while (goOn && !socket.destroyed) {
          written += chunk.length;
          goOn = socket.write(chunk);
        }
      };
      socket.on('drain', more);
      more();
    });
  });
  const result = await run(probe(`http://:${endless.port}/`));
  assert.equal(result.type, 'success');
  await endless.allClosed();
  // The rest is what the kernel's buffers took before the connection was closed.
  assert.ok(written < 16 * 1024 * 1024, `${written} bytes`);
});

test('probeHttp() reads no body when the status says it all', async context => {
  const { port } = await saying(
    context,
    'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 100\r\n\r\nhalf',
  );
  assert.match((await run(probe(`http://:${port}/`))).reason, /^HTTP 503 from /);
});

test('probeHttp() fails without a connection when nobody listens or the name is unknown', async () => {
  const refused = await run(probe('http://:1/'));
  assert.deepEqual([refused.type, refused.connections], ['failure', 0]);
  assert.match(refused.reason, /refused the connection$/);
  const unknown = await run(probe('http://no-such-host.invalid:80/', 5));
  assert.deepEqual([unknown.type, unknown.connections], ['failure', 0]);
  assert.match(unknown.reason, /has no address|did not answer within 5 s/);
});
