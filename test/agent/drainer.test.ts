import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createDrainer, type Drainer } from '../../agent/sidecar/drainer.ts';
import type { Effect } from '../../lib/drain/event.ts';
import { container, pod } from '../drain/pods.ts';
import { now, until } from './until.ts';

/** Sends a request to `port` at once, in a thread of its own, and tells when it is on its way. */
const CALLER = `
  const { connect } = require('node:net');
  const { port, called } = require('node:worker_threads').workerData;
  connect(port, '127.0.0.1').write('GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n', () => {
    Atomics.store(called, 0, 1);
    Atomics.notify(called, 0);
  });`;

function drainer(context: TestContext, told: Effect[]): Drainer {
  const created = createDrainer({
    settings: pod([container('app')]),
    now: () => Math.floor(now()),
    carryOut: effect => void told.push(effect),
    changed: () => {},
    failed: error => assert.fail(String(error)),
  });
  context.after(() => created.close());
  return created;
}

test('createDrainer() takes a hook that came before a deadline first, though the machine let both wait', async context => {
  const told: Effect[] = [];
  const drained = drainer(context, told);
  const server = createServer(() => drained.send({ type: 'hook', container: 'podusher' })).listen(
    0,
    '127.0.0.1',
  );
  context.after(() => server.close().closeAllConnections());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const called = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(CALLER, { eval: true, workerData: { port: address.port, called } });
  context.after(() => worker.terminate());

  drained.send({ type: 'hook', container: 'app' });
  assert.notEqual(Atomics.wait(called, 0, 0, 20_000), 'timed-out');
  Atomics.wait(called, 1, 0, 1500); // Past the second in which it is settled.
  const entries = await until('the verdict', () => {
    const types = told.flatMap(effect => (effect.type === 'tell' ? [effect.entry.type] : []));
    return types.some(type => type !== 'hook') ? types : undefined;
  });
  assert.deepEqual(entries, ['hook', 'hook', 'termination']);
});
