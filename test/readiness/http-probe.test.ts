import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { firstRequest, type HttpRequest, judge } from '../../lib/readiness/http-probe.ts';
import type { ProbeAction } from '../../lib/readiness/probe.ts';

type HttpGet = Extract<ProbeAction, { type: 'httpGet' }>;

const action = (over: Partial<HttpGet> = {}): HttpGet => {
  return { type: 'httpGet', scheme: 'HTTP', host: undefined, port: 3000, path: '/', headers: [], ...over };
};
const first = (over: Partial<HttpGet> = {}, podHost = '127.0.0.1'): HttpRequest => {
  const request = firstRequest(action(over), podHost, 'agent/1');
  assert.ok(request);
  return request;
};

for (const [what, over, podHost, url, host] of [
  ['nothing is set', {}, '10.0.0.7', 'http://10.0.0.7:3000/', '10.0.0.7:3000'],
  ['the pod is IPv6', {}, 'fd00::7', 'http://[fd00::7]:3000/', '[fd00::7]:3000'],
  ['a host is set', { host: 'app' }, '10.0.0.7', 'http://app:3000/', 'app:3000'],
  ['the port is the default one', { port: 80 }, '10.0.0.7', 'http://10.0.0.7/', '10.0.0.7:80'],
  ['it is HTTPS', { scheme: 'HTTPS' }, '10.0.0.7', 'https://10.0.0.7:3000/', '10.0.0.7:3000'],
  ['the path has no slash', { path: 'up' }, '10.0.0.7', 'http://10.0.0.7:3000/up', '10.0.0.7:3000'],
  ['the path is a query', { path: '?a=b' }, '10.0.0.7', 'http://10.0.0.7:3000/?a=b', '10.0.0.7:3000'],
  [
    'the path looks like a host',
    { path: '//evil/x' },
    '10.0.0.7',
    'http://10.0.0.7:3000//evil/x',
    '10.0.0.7:3000',
  ],
  [
    'the path has odd characters',
    { path: '/a b\\c\nd' },
    '10.0.0.7',
    'http://10.0.0.7:3000/a%20b%5Cc%0Ad',
    '10.0.0.7:3000',
  ],
] as const) {
  test(`firstRequest() asks ${JSON.stringify(url)} when ${what}`, () => {
    const request = first(over, podHost);
    assert.equal(request.url.href, url);
    assert.equal(request.host, host);
  });
}

for (const [what, headers, host, sent] of [
  ['nothing is set', [], '127.0.0.1:3000', ['User-Agent: agent/1', 'Accept: */*']],
  ['Host is set', ['HOST: a'], 'a', ['User-Agent: agent/1', 'Accept: */*']],
  ['Host is emptied', ['Host: '], '127.0.0.1:3000', ['User-Agent: agent/1', 'Accept: */*']],
  [
    'User-Agent and Accept are set',
    ['user-agent: b', 'accept: c', 'Accept: d'],
    '127.0.0.1:3000',
    ['User-Agent: b', 'Accept: c', 'Accept: d'],
  ],
  ['both are emptied', ['User-Agent: ', 'Accept: '], '127.0.0.1:3000', []],
  [
    'framing is meddled with',
    ['Transfer-Encoding: chunked', 'X: y'],
    '127.0.0.1:3000',
    ['X: y', 'User-Agent: agent/1', 'Accept: */*'],
  ],
] as const) {
  test(`firstRequest() sends ${sent.join(', ') || 'no headers'} when ${what}`, () => {
    const request = first({
      headers: headers.map(line => {
        const [name = '', value = ''] = line.split(': ');
        return { name, value };
      }),
    });
    assert.equal(request.host, host);
    assert.deepEqual(
      request.headers.map(([name, value]) => `${name}: ${value}`),
      sent,
    );
  });
}

test('firstRequest() returns undefined when the host makes no URL', () => {
  assert.equal(firstRequest(action({ host: 'a%b' }), '127.0.0.1', 'x'), undefined);
});

test('firstRequest() stays on its host and port, and never throws, for any path', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), path => {
      const { url } = first({ path });
      assert.equal(url.host, '127.0.0.1:3000');
      assert.match(url.pathname + url.search, /^\/[\x21-\x7e]*$/u);
    }),
    { numRuns: 500 },
  );
});

test('judge() follows a redirect on the same host, to another port and scheme as well', () => {
  const named = first({ headers: [{ name: 'Host', value: 'app' }] });
  for (const [location, url, host] of [
    ['/x?y', 'http://127.0.0.1:3000/x?y', 'app'],
    ['x', 'http://127.0.0.1:3000/x', 'app'],
    ['//127.0.0.1:1/', 'http://127.0.0.1:1/', 'app'],
    ['https://127.0.0.1:3443/', 'https://127.0.0.1:3443/', '127.0.0.1:3443'],
  ] as const) {
    const step = judge(named, { status: 308, location }, 1);
    assert.ok(step.type === 'follow', location);
    assert.deepEqual([step.request.url.href, step.request.host], [url, host]);
    assert.equal(step.request.headers, named.headers);
  }
});

for (const [what, status, location, requests, type] of [
  ['goes to another host', 302, 'http://localhost:3000/', 1, 'warning'],
  ['goes nowhere', 302, undefined, 1, 'warning'],
  ['goes nowhere (empty)', 302, '', 1, 'warning'],
  ['is none that is followed', 305, '/x', 1, 'warning'],
  ['is Not Modified', 304, '/x', 1, 'warning'],
  ['goes to no URL', 302, 'http://', 1, 'failure'],
  ['goes to another protocol', 302, 'ftp://127.0.0.1/', 1, 'failure'],
  ['is the tenth', 302, '/x', 10, 'failure'],
] as const) {
  test(`judge() returns a ${type} when a redirect ${what}`, () => {
    const step = judge(first(), { status, location }, requests);
    assert.ok(step.type === 'result');
    assert.equal(step.result.type, type);
  });
}

test('judge() never leaves the host, and never throws, for any answer', () => {
  const head = fc.record({
    status: fc.integer({ min: 0, max: 999 }),
    location: fc.option(fc.webUrl(), { nil: undefined }),
  });
  const odd = fc.record({ status: fc.constant(302), location: fc.string({ unit: 'binary' }) });
  fc.assert(
    fc.property(fc.oneof(head, odd), fc.integer({ min: 1, max: 10 }), (made, requests) => {
      const step = judge(first(), made, requests);
      if (step.type === 'follow') assert.equal(step.request.url.hostname, '127.0.0.1');
      else assert.ok(step.result.reason.length < 500);
    }),
  );
});
