/** The same failures, gone: each test has its counterpart in without.test.ts. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { at, reasons, Theatre } from './cli.ts';

/** Shorter than in a cluster, in the same proportions. */
const SHORT = {
  'terminationGracePeriodSeconds: 20': 'terminationGracePeriodSeconds: 9',
  'podusher.dev/grace-period: 20s': 'podusher.dev/grace-period: 9s',
  'stop-timeout.podusher.dev/auth: 0s':
    'stop-timeout.podusher.dev/auth: 0s\n        podusher.dev/drain-min: 2s\n        podusher.dev/drain-kept-max: 1s',
};

describe('podusher rehearse, with podusher in the pod', () => {
  let theatre: Theatre;
  beforeEach(() => {
    theatre = new Theatre();
  });
  afterEach(() => theatre.close());

  it('fails no request though rails lives until SIGKILL', async () => {
    const result = await theatre.result(await theatre.example('with.yaml', SHORT), '--before', '2s');
    assert.deepEqual([result.failed, result.cut, result.status], [0, 0, 0], reasons(result).join());
    assert.ok(result.sent >= 20, `${result.sent} sent`);
    // rails lives on until SIGKILL; auth is held to the very end, and its hook abandoned there.
    assert.ok(at(result, 'released', 'rails') >= 1900);
    assert.ok(at(result, 'signal', 'auth', 'SIGTERM') >= at(result, 'signal', 'rails', 'SIGKILL'));
  });

  it('cuts only what the kill itself cuts when clients stay on their connections', async () => {
    const result = await theatre.result(
      await theatre.example('with.yaml', SHORT),
      '--before',
      '2s',
      '--stubborn',
    );
    assert.deepEqual([result.failed, result.longestOutageMs], [0, 0], reasons(result).join());
    assert.equal(result.status, 0, 'what the kill of Rails cuts is counted apart');
    assert.ok(result.cut <= 4, `${result.cut} cut, of four connections`);
    assert.ok(result.sent >= 100, `${result.sent} sent`);
  });

  it('fails no request when rails leaves, and stops rails, auth and podusher in this order', async () => {
    const result = await theatre.result(await theatre.example('graceful-with.yaml', SHORT), '--before', '2s');
    assert.deepEqual([result.failed, result.cut, result.status], [0, 0, 0], reasons(result).join());
    const exits = ['rails', 'auth', 'podusher'].map(name => at(result, 'exited', name));
    assert.deepEqual(
      exits,
      exits.toSorted((a, b) => a - b),
    );
    assert.ok(at(result, 'signal', 'auth', 'SIGTERM') >= at(result, 'exited', 'rails'));
    assert.ok(Number.isNaN(at(result, 'signal', undefined, 'SIGKILL')), 'nobody needs to be killed');
  });

  it('fails no request when statsd fails its probe', async () => {
    const example = await theatre.example('statsd-with.yaml', {
      ...SHORT,
      '--unhealthy-after, "3", --crash-after, "8"': '--unhealthy-after, "6"',
    });
    const result = await theatre.result(example, '--before', '12s', '--endpoint-lag', '200ms');
    assert.deepEqual([result.failed, result.cut, result.status], [0, 0, 0], reasons(result).join());
    const checks = result.timeline.flatMap(entry => (entry.type === 'check' ? [entry] : []));
    const told = checks.map(({ container, outcome }) => `${container ?? 'drain'} ${outcome}`);
    assert.deepEqual(
      told,
      ['statsd tolerated', 'drain terminating'],
      'it is seen who was not ready, and why',
    );
  });

  it('tells who made the pod NotReady during its drain', async () => {
    const port = await theatre.port('8126');
    // Once it is told of the drain, it fails its probe.
    const code = `let left = false;
      const server = require("http").createServer((ask, answer) => {
        left ||= ask.url === "/leave";
        answer.writeHead(left && ask.url === "/" ? 503 : 200).end();
      });
      server.listen(${port});`;
    const command = 'name: statsd\n          image: rails-auth:dev\n          command: [';
    const example = await theatre.example('statsd-with.yaml', {
      'podusher.dev/non-critical: statsd': `drain-action.podusher.dev/statsd: GET http://:${port}/leave`,
      'stop-timeout.podusher.dev/auth: 0s':
        'stop-timeout.podusher.dev/auth: 0s\n        podusher.dev/drain-min: 8s',
      [command]: `${command}node, -e, ${JSON.stringify(code)}] # `,
    });
    const { status, stdout, stderr } = await theatre.run(example, '--before', '500ms');
    assert.notEqual(status, 2, stderr);
    const said =
      /podusher +statsd +not ready: HTTP 503 from .*\n[^]* {2}podusher +pod not ready any more, as it should be: /u;
    assert.match(stdout, said);
    assert.match(stdout, /\nDuring the drain:\n.*: statsd was not ready: HTTP 503 from /u);
  });

  it('cannot help while statsd is down, for then the kubelet calls the pod NotReady', async () => {
    const example = await theatre.example('statsd-with.yaml', {
      ...SHORT,
      '--unhealthy-after, "3", --crash-after, "8"': '--crash-after, "1.5"',
    });
    const result = await theatre.result(example, '--before', '5s', '--endpoint-lag', '200ms');
    assert.equal(result.status, 1);
    assert.deepEqual(reasons(result), ['the Service has no endpoint']);
  });
});
