/** The three failures happen, without podusher. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { at, reasons, Theatre } from './cli.ts';

const SHORT = { 'terminationGracePeriodSeconds: 20': 'terminationGracePeriodSeconds: 3' };

describe('podusher rehearse, without podusher in the pod', () => {
  let theatre: Theatre;
  beforeEach(() => {
    theatre = new Theatre();
  });
  afterEach(() => theatre.close());

  it('fails requests until the endpoint is gone when auth leaves before rails', async () => {
    const result = await theatre.result(await theatre.example('without.yaml', SHORT), '--before', '1s');
    assert.equal(result.status, 1);
    assert.deepEqual(reasons(result), ['HTTP 500']);
    // From auth's end to the load's, each of which a busy machine may make late.
    const outageMs = at(result, 'new-connections-end') - at(result, 'exited', 'auth');
    assert.ok(result.longestOutageMs > outageMs - 300, `${result.longestOutageMs} of ${outageMs} ms`);
    assert.ok(at(result, 'signal', 'rails', 'SIGTERM') < 100);
    const killedAt = at(result, 'signal', 'rails', 'SIGKILL');
    assert.ok(killedAt >= 3000 && killedAt < 5000, `${killedAt} ms`);
    assert.ok(at(result, 'exited', 'auth') < killedAt - 1000);
    assert.ok(result.terminationMs >= killedAt && result.terminationMs < 7000, `${result.terminationMs} ms`);
  });

  it('fails requests until SIGKILL when clients stay on their connections', async () => {
    const example = await theatre.example('without.yaml', SHORT);
    const result = await theatre.result(example, '--before', '1s', '--stubborn');
    assert.equal(result.status, 1);
    assert.deepEqual(reasons(result), ['HTTP 500']);
    assert.ok(result.longestOutageMs > 2500, `${result.longestOutageMs} ms`);
  });

  it('refuses connections when rails leaves before the endpoint is gone', async () => {
    const result = await theatre.result(
      await theatre.example('graceful-without.yaml', SHORT),
      '--before',
      '1s',
      '--endpoint-lag',
      '2s',
    );
    assert.equal(result.status, 1);
    assert.ok(result.failed >= 5, `${result.failed} failed`);
    assert.ok(reasons(result).includes('connection refused'));
    assert.ok(Number.isNaN(at(result, 'signal', undefined, 'SIGKILL')), 'nobody needs to be killed');
  });

  it('has no endpoint when statsd fails its probe', async () => {
    // It must be Ready first, however long the start of three processes takes.
    const example = await theatre.example('statsd-without.yaml', {
      ...SHORT,
      '--unhealthy-after, "3", --crash-after, "8"': '--unhealthy-after, "6"',
    });
    const result = await theatre.result(example, '--before', '8s', '--endpoint-lag', '200ms');
    assert.equal(result.status, 1);
    assert.ok(reasons(result).includes('the Service has no endpoint'));
    assert.ok(result.longestOutageMs > 1000, `${result.longestOutageMs} ms`);
  });

  it('has no endpoint while statsd crash-loops', async () => {
    // Ready first, which may be in its second life only; its second crash is the first with a back-off.
    const example = await theatre.example('statsd-without.yaml', {
      ...SHORT,
      '--unhealthy-after, "3", --crash-after, "8"': '--crash-after, "2"',
    });
    const result = await theatre.result(example, '--before', '12s', '--endpoint-lag', '200ms');
    assert.equal(result.status, 1);
    assert.ok(result.timeline.some(entry => entry.type === 'back-off'));
    assert.ok(reasons(result).includes('the Service has no endpoint'));
  });
});
