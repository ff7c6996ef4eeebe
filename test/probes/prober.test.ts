import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Network } from '../../agent/sidecar/outbound/network.ts';
import { createProber } from '../../agent/sidecar/probes/prober.ts';
import { until } from '../agent/until.ts';
import { FAILURE, probed, SUCCESS, stage } from './prober-stage.ts';
import { probe as parse, rawTarget } from './target.ts';

test('createProber() probes at once, then at ticks one period apart', async context => {
  const { prober, startTimes, pass, end, log } = stage(context, [probed('rails', { periodSeconds: 2 })]);
  assert.equal(prober.verdict('rails').type, 'pending');
  await pass(100);
  assert.deepEqual(startTimes(), [0 + 100]);
  await end(SUCCESS);
  assert.deepEqual(log, ['100 rails: pending > ready']);
  assert.deepEqual(prober.verdict('rails'), { type: 'ready', reason: 'fine', since: 100 });
  for (let tick = 0; tick < 3; tick++) {
    await pass(2000);
    await end(SUCCESS);
  }
  assert.deepEqual(startTimes(), [100, 2000, 4000, 6000]);
  assert.equal(log.length, 1);
});

test('createProber() tells of a new reason, and not of the same one again', async context => {
  const { pass, end, log } = stage(context, [probed('rails', { failureThreshold: 1 })]);
  await pass(100);
  await end(FAILURE);
  await pass(1000);
  await end(FAILURE);
  await pass(1000);
  await end({ type: 'failure', reason: 'another' });
  assert.deepEqual(log, ['100 rails: pending > failed', '2100 rails: failed > failed']);
});

test('createProber() waits for the initial delay from its own start, once more after reset()', async context => {
  const { prober, startTimes, pass, end, log } = stage(context, [
    probed('rails', { initialDelaySeconds: 3 }),
  ]);
  await pass(2900);
  assert.deepEqual(startTimes(), []);
  await pass(100);
  await end(SUCCESS);
  assert.deepEqual(startTimes(), [3000]);
  prober.reset('rails');
  assert.equal(prober.verdict('rails').type, 'pending');
  await pass(2900);
  assert.deepEqual(startTimes(), [3000]);
  await pass(100);
  assert.deepEqual(startTimes(), [3000, 6000]);
  assert.deepEqual(log, ['3000 rails: pending > ready', '3000 rails: ready > pending']);
});

test('createProber() runs one probe of a container at a time, and keeps one missed tick', async context => {
  const { startTimes, pass, end } = stage(context, [probed('rails')]);
  await pass(3500);
  assert.deepEqual(startTimes(), [100]);
  await end(FAILURE);
  await pass(100);
  assert.deepEqual(startTimes(), [100, 3600]);
  await end(FAILURE);
  await pass(1000);
  assert.deepEqual(startTimes(), [100, 3600, 4000]);
});

test('createProber() sets no timer that Node would cut to a millisecond when a delay is of months', context => {
  const timers = mock.method(globalThis, 'setTimeout');
  context.after(() => timers.mock.restore());
  const network = new Network();
  const prober = createProber({
    containers: [probed('rails', { initialDelaySeconds: 2 ** 31 - 1 })],
    now: () => 0,
    podHost: '127.0.0.1',
    userAgent: 'test',
    network,
    changed: () => {},
  });
  prober.close();
  assert.deepEqual(
    timers.mock.calls.map(call => call.arguments[1]),
    [2 ** 31 - 1],
  );
});

test('createProber() probes on the network, tells of each connection, and close() leaves none', async context => {
  const silent = await rawTarget(context, () => {});
  let connected = 0;
  const { promise: isConnected, resolve } = Promise.withResolvers<void>();
  const network = new Network(() => {
    connected += 1;
    resolve();
  });
  const prober = createProber({
    containers: [{ name: 'rails', probe: parse(`http://:${silent.port}/`, 60), ports: [] }],
    now: () => performance.now(),
    podHost: '127.0.0.1',
    userAgent: 'test',
    network,
    changed: () => {},
  });
  await isConnected;
  await until('the connection to be accepted', () => (silent.accepted === 1 ? true : undefined));
  prober.close();
  await silent.allClosed();
  assert.deepEqual([connected, silent.accepted], [1, 1]);
});
