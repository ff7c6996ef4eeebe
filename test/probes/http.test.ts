import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type TestContext, test } from 'node:test';
import { CERTIFICATE, KEY } from './certificate.ts';
import { probe, run, type Target, target, USER_AGENT } from './target.ts';

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
