import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parsed } from '../../lib/parsed.ts';
import type { Kind } from '../../lib/settings/kind.ts';
import * as kinds from '../../lib/settings/kind.ts';
import { formatPodUrl, parsePodUrl } from '../../lib/settings/pod-url.ts';

const PUMA = { scheme: 'http', host: undefined, port: 9394, path: '/metrics' };
const STATS = { scheme: 'http', host: undefined, port: 9293, path: '/stats' };

const good: readonly [kind: Kind<unknown>, text: string, value: unknown][] = [
  [kinds.BOOLEAN, 'true', true],
  [kinds.BOOLEAN, 'false', false],
  [kinds.CONTAINERS, '', []],
  [kinds.CONTAINERS, ' rails, auth ,a-1', ['rails', 'auth', 'a-1']],
  [kinds.CONTAINERS, 'a'.repeat(63), ['a'.repeat(63)]],
  [kinds.PORTS, '1,65535', [1, 65_535]],
  [kinds.PORT, '08866', 8866],
  [kinds.ADDRESS, '::', '::'],
  [kinds.ADDRESS, '127.0.1.1', '127.0.1.1'],
  [kinds.ADDRESSES, '127.0.1.1, fd00::7', ['127.0.1.1', 'fd00::7']],
  [kinds.TOKEN, 'abc.DEF-_~+/=', 'abc.DEF-_~+/='],
  [kinds.FILE, '/a b', '/a b'],
  [kinds.IN_FLIGHT, 'tcp', { type: 'tcp' }],
  [kinds.IN_FLIGHT, 'connections', { type: 'connections' }],
  [
    kinds.IN_FLIGHT,
    'http://:9394/metrics#puma_running{index="0"}',
    { type: 'prometheus', url: PUMA, metric: 'puma_running', labels: { index: '0' } },
  ],
  [kinds.IN_FLIGHT, 'http://:9394/metrics#up', { type: 'prometheus', url: PUMA, metric: 'up', labels: {} }],
  [
    kinds.IN_FLIGHT,
    'http://:9394/metrics#a:b{ x = "q\\"\\\\\\n}," , y="#" }',
    { type: 'prometheus', url: PUMA, metric: 'a:b', labels: { x: 'q"\\\n},', y: '#' } },
  ],
  [kinds.IN_FLIGHT, 'http://:9293/stats#/running', { type: 'json', url: STATS, pointer: '/running' }],
  [kinds.IN_FLIGHT, 'http://:9293/stats#/a~1b/0/~0', { type: 'json', url: STATS, pointer: '/a~1b/0/~0' }],
  [
    kinds.DRAIN_ACTION,
    'POST http://:15000/healthcheck/fail',
    { method: 'POST', url: { scheme: 'http', host: undefined, port: 15_000, path: '/healthcheck/fail' } },
  ],
  [
    kinds.DRAIN_ACTION,
    ' PUT  https://[fd00::7]/?a=b ',
    { method: 'PUT', url: { scheme: 'https', host: 'fd00::7', port: 443, path: '/?a=b' } },
  ],
];

test('a kind reads each text that it accepts', () => {
  for (const [kind, text, value] of good) assert.deepEqual(kind.parse(text), parsed(value), text);
});

const bad: readonly [kind: Kind<unknown>, text: string, problem: RegExp][] = [
  [kinds.BOOLEAN, 'yes', /^"yes" is not accepted; accepted: true, false$/],
  [kinds.BOOLEAN, 'True', /^"True" is not accepted/],
  [kinds.CONTAINERS, 'a,,b', /^"" is not a container's name/],
  [kinds.CONTAINERS, 'Rails', /^"Rails" is not a container's name; accepted: .*lower-case/],
  [kinds.CONTAINERS, 'a'.repeat(64), /is not a container's name/],
  [kinds.CONTAINERS, 'a,b,a', /^"a" is named twice/],
  [kinds.CONTAINERS, 'a\u0000', /^"a\\u0000" is not a container's name/],
  [kinds.PORTS, '80,0', /^"0" is not a port; accepted: a port, 1 to 65535$/],
  [kinds.PORTS, '80,080', /^"080" is named twice/],
  [kinds.PORT, '65536', /^"65536" is not a port/],
  [kinds.PORT, '80.5', /^"80.5" is not a port/],
  [kinds.PORT, 'http', /^"http" is not a port/],
  [kinds.ADDRESS, 'localhost', /^"localhost" is not an address; accepted: an IPv4 or IPv6 address$/],
  [kinds.ADDRESS, '[::1]', /is not an address/],
  [kinds.ADDRESS, '256.0.0.1', /is not an address/],
  [kinds.FILE, '', /^"" is not a path/],
  [kinds.TOKEN, '', /^Not a token; accepted: visible ASCII/],
  [kinds.IN_FLIGHT, 'conections', /^"conections" is not a source of what is in flight; accepted: tcp, conn/],
  [kinds.IN_FLIGHT, 'http://:9394/metrics', /names no gauge after "#"/],
  [kinds.IN_FLIGHT, 'http://:9394/metrics#', /^"" is neither a metric nor a JSON pointer/],
  [kinds.IN_FLIGHT, 'http://:9394/metrics#9lives', /is neither/],
  [kinds.IN_FLIGHT, 'http://:9394/metrics#up{a=1}', /is neither/],
  [kinds.IN_FLIGHT, 'http://:9394/metrics#up{a="1"', /is neither/],
  [kinds.IN_FLIGHT, 'http://:9394/metrics#up{a="1" b="2"}', /is neither/],
  [kinds.IN_FLIGHT, 'http://:9394/metrics#up{a="1",a="2"}', /is neither/],
  [kinds.IN_FLIGHT, 'http://:9293/stats#/a~2', /is neither/],
  [kinds.IN_FLIGHT, 'http:///metrics#up', /^"http:\/\/\/metrics" has no port/],
  [
    kinds.DRAIN_ACTION,
    'http://:15000/x',
    /^"http:\/\/:15000\/x" is not a request; accepted: GET, POST or PUT/,
  ],
  [kinds.DRAIN_ACTION, 'DELETE http://:15000/x', /is not a request/],
  [kinds.DRAIN_ACTION, 'POST http://:15000/x now', /is not a request/],
  [kinds.DRAIN_ACTION, 'POST http://:15000/x#y', /has a fragment/],
  [kinds.DRAIN_ACTION, 'POST http://:0/', /has no port of 1 to 65535/],
  [kinds.DRAIN_ACTION, 'POST http://user:word@host/', /is not a URL/],
];

test('a kind says what is wrong and what it accepts when it cannot read the text', () => {
  for (const [kind, text, problem] of bad) {
    const result = kind.parse(text);
    assert.ok(!result.ok && result.problems.length === 1, text);
    assert.match(result.problems.join(), problem);
    assert.match(result.problems.join(), /accepted: /);
  }
});

test('a kind of list says all that is wrong at once, and nothing when there are too many items', () => {
  const result = kinds.PORTS.parse('x,80,70000');
  assert.ok(!result.ok);
  assert.equal(result.problems.length, 2);
  const endless = kinds.PORTS.parse('x,'.repeat(100_000));
  assert.ok(!endless.ok);
  assert.equal(endless.problems.length, 1);
  assert.match(endless.problems.join(), /has more than 100 items/);
});

test('a token is never shown when it is bad', () => {
  assert.doesNotMatch(JSON.stringify(kinds.TOKEN.parse('secret with spaces')), /secret/);
});

test('a kind gives a value or problems, whatever the text, and its pattern matches all that it accepts', () => {
  const all: readonly Kind<unknown>[] = [...new Set(good.map(([kind]) => kind))];
  const mutated = fc
    .tuple(
      fc.constantFrom(...good.map(([, text]) => text)),
      fc.nat(),
      fc.string({ unit: 'binary', maxLength: 3 }),
    )
    .map(
      ([text, at, noise]) =>
        text.slice(0, at % (text.length + 1)) + noise + text.slice(at % (text.length + 1)),
    );
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), mutated), text => {
      for (const kind of all) {
        const result = kind.parse(text);
        if (result.ok) assert.match(text, new RegExp(`^${kind.pattern}$`, 'u'));
        else assert.ok(result.problems.length > 0);
      }
    }),
    { numRuns: 1000 },
  );
});

test('a kind ends quickly when the text is long', () => {
  const long = ['a'.repeat(1e6), '\\"'.repeat(5e5), `http://:1/#a{b="${'\\n'.repeat(4e5)}`, ' '.repeat(1e6)];
  const kindsOfText = [
    kinds.IN_FLIGHT,
    kinds.DRAIN_ACTION,
    kinds.CONTAINERS,
    kinds.PORTS,
    kinds.ADDRESSES,
    kinds.PROBE,
  ];
  const startedAt = performance.now();
  for (const text of long) for (const kind of kindsOfText) kind.parse(text);
  assert.ok(performance.now() - startedAt < 10_000);
});

test('formatPodUrl() puts the pod in the place of an empty host, in brackets where it is IPv6', () => {
  const ofPod = parsePodUrl('http://:9394/metrics');
  const ofHost = parsePodUrl('https://[fd00::1]:8443');
  assert.ok(ofPod.ok && ofHost.ok);
  assert.equal(formatPodUrl(ofPod.value, '10.0.0.7'), 'http://10.0.0.7:9394/metrics');
  assert.equal(formatPodUrl(ofPod.value, 'fd00::7'), 'http://[fd00::7]:9394/metrics');
  assert.equal(formatPodUrl(ofHost.value, '10.0.0.7'), 'https://[fd00::1]:8443/');
});
