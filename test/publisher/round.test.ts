/** How a Service's plan goes on where some of its writes fail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failed, goneOn, made, roundOf } from '../../lib/publisher/round.ts';
import type { Write } from '../../lib/publisher/write.ts';
import { pod, published } from './published.ts';

const DOWN = { ready: false, containers: [{ name: 'rails', ready: false }] };

/** Something to take out of each of four slices, and pods for a fifth. */
function writesOfFive(): readonly Write[] {
  const server = published(400);
  for (const index of [0, 100, 200, 300]) server.putPod(pod(index, DOWN));
  for (let index = 400; index < 450; index++) server.putPod(pod(index));
  return server.plan().writes;
}

const told = (writes: readonly Write[]): string[] => writes.map(({ name }) => name.split('-').at(-1) ?? '');

test('failed() leaves what takes out where there was no answer, and all else where there was', () => {
  const writes = writesOfFive();
  const [first] = writes;
  assert.ok(first);
  assert.deepEqual(told(writes), ['0', '1', '2', '3', '4']);
  assert.deepEqual(told(failed(roundOf(writes), first, 'refused').left), ['1', '2', '3', '4']);
  assert.deepEqual(told(failed(roundOf(writes), first, 'unanswered').left), ['1', '2', '3']);
  assert.deepEqual(made(roundOf(writes), first), { ...roundOf(writes), left: writes.slice(1) });
});

test('failed() keeps of several reasons that for which it is tried again soonest', () => {
  const writes = writesOfFive();
  const [first, second] = writes;
  assert.ok(first && second);
  const round = failed(failed(roundOf(writes), first, 'refused'), second, 'unanswered');
  assert.equal(round.failed, 'unanswered');
  assert.equal(failed(failed(roundOf(writes), first, 'conflict'), second, 'refused').failed, 'conflict');
});

test('goneOn() has of a newer plan what takes out of slices that were not tried', () => {
  const writes = writesOfFive();
  const [first, second] = writes;
  assert.ok(first && second);
  const round = made(failed(roundOf(writes), first, 'unanswered'), second);
  const on = goneOn(round, writesOfFive());
  assert.deepEqual([told(on.left), on.failed, on.tried], [['1', '2', '3'], 'unanswered', [first.name]]);
});
