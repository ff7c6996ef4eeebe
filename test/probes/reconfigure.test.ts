import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAILURE, probed, SUCCESS, settled, stage, unprobed } from './prober-stage.ts';

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
