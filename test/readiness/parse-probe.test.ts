import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseProbe } from '../../lib/readiness/parse-probe.ts';
import type { Probe, ProbeAction } from '../../lib/readiness/probe.ts';

const KUBELET_DEFAULTS = {
  initialDelaySeconds: 0,
  periodSeconds: 10,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 3,
};

const httpGet = (over: Partial<Extract<ProbeAction, { type: 'httpGet' }>>): ProbeAction => ({
  type: 'httpGet',
  scheme: 'HTTP',
  host: undefined,
  port: 3000,
  path: '/',
  headers: [],
  ...over,
});

const good: readonly [text: string, action: ProbeAction, over?: Partial<Probe>][] = [
  ['http://:3000/healthz', httpGet({ path: '/healthz' })],
  ['  http://:3000\n', httpGet({})],
  ['http://app.local:3000/a?b=c:d', httpGet({ host: 'app.local', path: '/a?b=c:d' })],
  ['https://[::1]:3443/', httpGet({ scheme: 'HTTPS', host: '::1', port: 3443 })],
  ['tcp://:4000', { type: 'tcpSocket', host: undefined, port: 4000 }],
  ['tcp://10.0.0.1:4000', { type: 'tcpSocket', host: '10.0.0.1', port: 4000 }],
  ['grpc://:50051', { type: 'grpc', port: 50051, service: '' }],
  ['grpc://:50051/acme.Users', { type: 'grpc', port: 50051, service: 'acme.Users' }],
  ['{"httpGet":{"port":3000}}', httpGet({})],
  ['{"httpGet":{"port":3000,"path":"","host":"","httpHeaders":null},"exec":null}', httpGet({})],
  [
    '{"httpGet":{"port":3000,"scheme":"HTTPS","path":"up","httpHeaders":[{"name":"Accept","value":""}]}}',
    httpGet({ scheme: 'HTTPS', path: 'up', headers: [{ name: 'Accept', value: '' }] }),
  ],
  [
    '{"tcpSocket":{"port":1},"initialDelaySeconds":7,"periodSeconds":1,"timeoutSeconds":2,"successThreshold":3,"failureThreshold":1}',
    { type: 'tcpSocket', host: undefined, port: 1 },
    { initialDelaySeconds: 7, periodSeconds: 1, timeoutSeconds: 2, successThreshold: 3, failureThreshold: 1 },
  ],
  ['{"grpc":{"port":65535},"periodSeconds":0}', { type: 'grpc', port: 65535, service: '' }],
];

for (const [text, action, over] of good) {
  test(`parseProbe() reads ${text.trim()}`, () => {
    assert.deepEqual(parseProbe(text), { ok: true, value: { ...KUBELET_DEFAULTS, action, ...over } });
  });
}

const bad: readonly [text: string, ...problems: RegExp[]][] = [
  ['', /^"" is not a probe; accepted: .*http:\/\/:3000/],
  ['localhost:3000/healthz', /is not a probe/],
  ['http://localhost/', /^"http:\/\/localhost\/" has no port; write http:\/\/localhost:PORT\//],
  ['http://:web/', /^"web" is text, not a number/],
  ['http://a@b:99999/', /^99999 is out of bounds/, /^"a@b" is not a host/],
  ['tcp://:4000/x', /^A tcp probe has no path; leave out "\/x"/],
  ['grpc://app:4000', /^A grpc probe has no host; leave out "app"/],
  ['{"httpGet":', /^Not JSON: /],
  ['{}', /^No action is set; accepted: one of httpGet, tcpSocket, grpc/],
  ['{"httpGet":{}}', /^httpGet.port: is missing/],
  ['{"httpGet":"x"}', /^httpGet: "x" is not an object/],
  ['{"tcpSocket":{"port":"web"}}', /^tcpSocket.port: "web" is text, not a number/],
  ['{"grpc":{"port":0}}', /^grpc.port: 0 is out of bounds/],
  ['{"grpc":{"port":1.5}}', /^grpc.port: 1.5 is out of bounds or no whole number/],
  ['{"exec":{"command":["true"]}}', /^exec: cannot be run from the agent.*give the container an endpoint/],
  [
    '{"tcpSocket":{"port":1},"terminationGracePeriodSeconds":5}',
    /^terminationGracePeriodSeconds: the API refuses it for readiness probes/,
  ],
  [
    '{"tcpSocket":{"port":1,"hots":"x"},"grpc":{"port":2},"perioudSeconds":3,"timeoutSeconds":-1,"x":1}',
    /^tcpSocket and grpc are set; a probe has exactly one of them/,
    /^timeoutSeconds: -1 is out of bounds/,
    /^tcpSocket.hots: is not a field of tcpSocket \(did you mean "host"\?\)$/,
    /^perioudSeconds: is not a field of a probe \(did you mean "periodSeconds"\?\)$/,
    /^x: is not a field of a probe$/,
  ],
  [
    '{"httpGet":{"port":1,"host":"a:1","scheme":"ftp","httpHeaders":[{"name":"a b","value":"\\r\\nX: y"}]}}',
    /^httpGet.host: "a:1" is not a host/,
    /^httpGet.scheme: "ftp" is not a scheme; accepted: HTTP, HTTPS/,
    /^httpGet.httpHeaders.0.name: "a b" is no header's name/,
    /^httpGet.httpHeaders.0.value: has characters that no header can carry/,
  ],
  [
    '{"httpGt":{"port":1},"httpGet":{"port":1,"paht":"/","httpHeaders":[{"nmae":"A","name":"A"}]}}',
    /^httpGt: is not a field of a probe \(did you mean "httpGet"\?\)$/,
    /^httpGet.paht: is not a field of httpGet \(did you mean "path"\?\)$/,
    /^httpGet.httpHeaders.0.nmae: is not a field of httpHeaders \(did you mean "name"\?\)$/,
  ],
];

for (const [text, ...expected] of bad) {
  test(`parseProbe() reports all ${expected.length} problem(s) of ${text}`, () => {
    const result = parseProbe(text);
    assert.ok(!result.ok);
    for (const pattern of expected)
      assert.ok(
        result.problems.some(problem => pattern.test(problem)),
        String(pattern),
      );
    assert.equal(result.problems.length, expected.length, result.problems.join('\n'));
  });
}

test('parseProbe() returns a value or problems, never throws, for any text', () => {
  const json = fc.json().map(text => `{"httpGet":${text},"periodSeconds":${text}}`);
  const short = fc.string({ unit: 'binary' }).map(text => `http://${text}`);
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), json, short), text => {
      const result = parseProbe(text);
      assert.ok(result.ok || result.problems.length > 0);
    }),
    { numRuns: 500 },
  );
});
