import assert from 'node:assert/strict';
import { mock, type TestContext, test } from 'node:test';
import { Network } from '../../agent/sidecar/outbound/network.ts';
import { createProber, type Probed, type ProberParts } from '../../agent/sidecar/probes/prober.ts';
import type { RunningProbe } from '../../agent/sidecar/probes/run.ts';
import type { Probe } from '../../lib/readiness/probe.ts';
import type { ProbeResult } from '../../lib/readiness/probe-result.ts';
import { until } from '../agent/until.ts';
import { probe as parse, rawTarget } from './target.ts';

const SUCCESS: ProbeResult = { type: 'success', reason: 'fine' };
const FAILURE: ProbeResult = { type: 'failure', reason: 'bad' };

const probe = (over: Partial<Probe> = {}): Probe => ({ ...parse('tcp://:1'), periodSeconds: 1, ...over });
const probed = (name: string, over?: Partial<Probe>): Probed => ({ name, probe: probe(over), ports: [1] });
const unprobed = (name: string, ...ports: number[]): Probed => ({ name, probe: undefined, ports });

/** A prober in virtual time, whose probes end when and as the test says. */
function stage(context: TestContext, containers: readonly Probed[], startedAt = 0) {
  mock.timers.enable({ apis: ['setTimeout'] });
  let now = startedAt;
  const log: string[] = [];
  const started: { at: number; probe: Probe; end: (result: ProbeResult) => void; aborted: boolean }[] = [];
  const start = (tried: Probe): RunningProbe => {
    const { promise, resolve } = Promise.withResolvers<ProbeResult>();
    const run = { at: now, probe: tried, end: resolve, aborted: false };
    started.push(run);
    return {
      result: promise,
      abort: () => {
        run.aborted = true;
        resolve(FAILURE);
      },
    };
  };
  const parts: ProberParts = {
    containers,
    now: () => now,
    podHost: '127.0.0.1',
    userAgent: 'test',
    network: new Network(),
    start,
    changed: (name, verdict, previous) => log.push(`${now} ${name}: ${previous.type} > ${verdict.type}`),
  };
  const prober = createProber(parts);
  context.after(() => {
    prober.close();
    mock.timers.reset();
  });
  return {
    prober,
    log,
    started,
    startTimes: () => started.map(({ at }) => at),
    pass: async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 100) {
        now += 100;
        mock.timers.tick(100);
        await settled();
      }
    },
    end: async (result: ProbeResult): Promise<void> => {
      started.at(-1)?.end(result);
      await settled();
    },
  };
}

/** A result walks to its verdict in a few microtasks. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

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

test('reset() makes the result of a probe that is on its way count for nothing', async context => {
  const { prober, started, pass, end } = stage(context, [probed('rails', { failureThreshold: 1 })]);
  await pass(100);
  prober.reset('rails');
  assert.equal(started[0]?.aborted, true);
  await settled();
  assert.equal(prober.verdict('rails').reason, 'no probe has ended yet');
  await pass(100);
  await end(SUCCESS);
  assert.equal(prober.verdict('rails').type, 'ready');
});

test('reconfigure() leaves unchanged probes alone, ends removed ones and starts new ones', async context => {
  const rails = probed('rails');
  const { prober, started, startTimes, pass, end, log } = stage(context, [rails, probed('auth')]);
  await pass(100);
  for (const run of started) run.end(SUCCESS);
  await settled();
  prober.reconfigure([structuredClone(rails), probed('db')]);
  assert.deepEqual(
    ['rails', 'auth', 'db'].map(name => prober.verdict(name).type),
    ['ready', 'pending', 'pending'],
  );
  await pass(100);
  assert.deepEqual(startTimes(), [100, 100, 200]);
  await end(SUCCESS);
  await pass(900);
  assert.deepEqual(startTimes(), [100, 100, 200, 1000, 1100]);
  assert.deepEqual(log, [
    '100 rails: pending > ready',
    '100 auth: pending > ready',
    '200 db: pending > ready',
  ]);
});

test('reconfigure() keeps the verdict when a probe changes, until the new one says otherwise', async context => {
  const { prober, started, pass, end, log } = stage(context, [probed('rails')]);
  await pass(100);
  await end(SUCCESS);
  prober.reconfigure([probed('rails', { timeoutSeconds: 5, failureThreshold: 2 })]);
  assert.deepEqual(prober.verdict('rails'), { type: 'ready', reason: 'fine', since: 100 });
  await pass(100);
  assert.equal(started.at(-1)?.probe.timeoutSeconds, 5);
  await end(FAILURE);
  assert.equal(prober.verdict('rails').type, 'ready');
  await pass(1000);
  await end(FAILURE);
  assert.equal(prober.verdict('rails').type, 'failed');
  assert.equal(log.length, 2);
});

test('portsListen() judges containers without a probe, and tells each change once all is in place', context => {
  const { prober, log } = stage(
    context,
    [unprobed('rails', 3000), unprobed('auth', 4000), unprobed('cron')],
    7,
  );
  assert.deepEqual(
    ['rails', 'auth', 'cron'].map(name => prober.verdict(name).type),
    ['pending', 'pending', 'unobserved'],
  );
  prober.portsListen(new Set([3000]));
  prober.portsListen(new Set([3000]));
  prober.reconfigure([unprobed('rails', 3000, 3001), unprobed('auth'), unprobed('cron')]);
  assert.deepEqual(log, [
    '7 rails: pending > ready',
    '7 auth: pending > failed',
    '7 rails: ready > failed',
    '7 auth: failed > unobserved',
  ]);
  assert.equal(prober.verdict('rails').reason, 'port 3001 does not listen');
  prober.reconfigure([probed('rails')]);
  assert.equal(prober.verdict('rails').type, 'failed', 'what is known stays until the probe tells');
});

test('close() ends what is on its way, and nothing starts any more', async context => {
  const { prober, started, startTimes, pass } = stage(context, [probed('rails'), probed('auth')]);
  await pass(100);
  prober.close();
  assert.deepEqual(
    started.map(({ aborted }) => aborted),
    [true, true],
  );
  await pass(5000);
  assert.equal(startTimes().length, 2);
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
