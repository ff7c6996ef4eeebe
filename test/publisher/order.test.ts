/** In which order a Service's slices are written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextOf, outsWith, without } from '../../lib/publisher/order.ts';
import type { Write } from '../../lib/publisher/write.ts';
import { overfull } from './overfull.ts';
import { pod, published } from './published.ts';
import { metadataOf } from './server.ts';

const DOWN = { ready: false, containers: [{ name: 'rails', ready: false }] };

/** The number at the end of the slices' names. */
function told(writes: readonly Write[]): string[] {
  return writes.map(
    ({ type, name, takesOut }) => `${type} ${name.split('-').at(-1)}${takesOut ? ' out' : ''}`,
  );
}

test('inOrder() has an endpoint in its new slice before it leaves the old one, and what takes another out first', () => {
  const server = overfull(150);
  assert.deepEqual(told(server.plan().writes), ['update 1', 'update 0 out']);
  for (let index = 150; index < 350; index++) server.putPod(pod(index));
  server.putPod(pod(149, DOWN));
  assert.deepEqual(told(server.plan().writes), ['update 1 out', 'update 0 out', 'create 2', 'create 3']);
});

test('inOrder() begins with the slice that was written the longest time ago', () => {
  const server = published(400);
  for (const index of [10, 110, 210, 310]) server.putPod(pod(index, DOWN));
  const { writes } = server.plan();
  assert.deepEqual(told(writes), ['update 0 out', 'update 1 out', 'update 2 out', 'update 3 out']);
  for (const write of writes.slice(0, 2)) server.write(write);
  for (const index of [11, 111]) server.putPod(pod(index, DOWN));
  assert.deepEqual(told(server.plan().writes), [
    'update 2 out',
    'update 3 out',
    'update 0 out',
    'update 1 out',
  ]);
  for (const index of [10, 110, 210, 310, 11, 111]) server.putPod(pod(index));
  server.reconcile();
  for (const [name, slice] of server.slices) {
    const resourceVersion = { '0': '100', '1': '99', '2': '1000', '3': '9' }[name.at(-1) ?? ''];
    server.slices.set(name, { ...slice, metadata: { ...metadataOf(slice), resourceVersion } });
  }
  for (const index of [10, 110, 210]) server.putPod(pod(index, DOWN));
  assert.deepEqual(told(server.plan().writes), ['update 1 out', 'update 0 out', 'update 2 out']);
});

test('without() leaves out what takes an endpoint out of one slice that did not come into another', () => {
  const [adds, ...rest] = overfull(150).plan().writes;
  assert.ok(adds);
  assert.deepEqual(without([adds], rest), []);
  const server = published(300);
  for (const index of [10, 110, 210]) server.putPod(pod(index, DOWN));
  const [first, ...others] = server.plan().writes;
  assert.ok(first);
  assert.deepEqual(without([first], others), others);
});

test('without() leaves out nothing of the other family, though a pod has two new addresses', () => {
  const server = published(2, { spec: { ipFamilies: ['IPv4', 'IPv6'] } });
  server.putPod(pod(0, { ip: '10.1.9.9' }));
  const { writes } = server.plan();
  assert.deepEqual(told(writes), ['update 0 out', 'update 0 out']);
  const [first, ...others] = writes;
  assert.ok(first);
  assert.deepEqual(without([first], others), others);
});

test('nextOf() has one that adds follow four that take out', () => {
  const server = published(300);
  server.putPod(pod(250, DOWN));
  server.reconcile();
  for (const index of [10, 110]) server.putPod(pod(index, DOWN));
  server.putPod(pod(250));
  const { writes } = server.plan();
  assert.deepEqual(told(writes), ['update 0 out', 'update 1 out', 'update 2']);
  assert.deepEqual(
    [0, 3, 4].map(outs => nextOf(writes, outs)),
    [writes[0], writes[0], writes[2]],
  );
  assert.deepEqual([nextOf(writes.slice(0, 2), 4), nextOf([], 4)], [writes[0], undefined]);
});

test('outsWith() counts on where what adds was given up before its turn, and anew after its turn', () => {
  const server = published(200);
  server.putPod(pod(150, DOWN));
  server.reconcile();
  server.putPod(pod(10, DOWN));
  server.putPod(pod(150));
  const [out, other] = server.plan().writes;
  assert.ok(out?.takesOut === true && other?.takesOut === false);
  assert.deepEqual([outsWith(3, out, 'done'), outsWith(3, out, 'refused')], [4, 0]);
  assert.deepEqual([outsWith(3, other, 'done'), outsWith(3, other, 'refused')], [0, 0]);
  assert.deepEqual([outsWith(3, other, 'abandoned'), outsWith(4, other, 'abandoned')], [3, 0]);
});
