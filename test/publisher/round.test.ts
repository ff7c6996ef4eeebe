/** How a Service's plan goes on where some of its writes fail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  afterFailure,
  afterSuccess,
  hasToTakeOut,
  replanned,
  replannedWhole,
  roundOf,
} from '../../lib/publisher/round.ts';
import type { Write } from '../../lib/publisher/write.ts';
import { overfull } from './overfull.ts';
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

test('afterFailure() leaves what takes out where there was no answer, and all else where there was', () => {
  const writes = writesOfFive();
  const [first] = writes;
  assert.ok(first);
  assert.deepEqual(told(writes), ['0', '1', '2', '3', '4']);
  assert.deepEqual(told(afterFailure(roundOf(writes), first, 'refused').left), ['1', '2', '3', '4']);
  assert.deepEqual(told(afterFailure(roundOf(writes), first, 'unanswered').left), ['1', '2', '3']);
  const made = { ...roundOf(writes), left: writes.slice(1), written: [first.name] };
  assert.deepEqual(afterSuccess(roundOf(writes), first), made);
});

test('afterFailure() keeps of several reasons that for which it is tried again soonest', () => {
  const writes = writesOfFive();
  const [first, second] = writes;
  assert.ok(first && second);
  const round = afterFailure(afterFailure(roundOf(writes), first, 'refused'), second, 'unanswered');
  assert.equal(round.failure, 'unanswered');
  assert.equal(
    afterFailure(afterFailure(roundOf(writes), first, 'conflict'), second, 'refused').failure,
    'conflict',
  );
});

test('replanned() has of a newer plan what takes out of slices whose turn is still to come', () => {
  const writes = writesOfFive();
  const [first, second] = writes;
  assert.ok(first && second);
  assert.ok(hasToTakeOut(afterSuccess(roundOf(writes), first), writes.slice(0, 1)));
  const round = afterSuccess(afterFailure(roundOf(writes), first, 'unanswered'), second);
  const on = replanned(round, writesOfFive());
  assert.deepEqual({ ...on, left: told(on.left) }, { ...round, left: ['2', '3'] });
});

test('replannedWhole() has of a newer plan all whose turn is still to come, but what adds only where it has one', () => {
  const writes = writesOfFive();
  const [first, second] = writes;
  assert.ok(first && second);
  const made = afterSuccess(roundOf(writes), first);
  const newer = writes.filter(({ name }) => !name.endsWith('-2'));
  assert.deepEqual(told(replannedWhole(afterFailure(made, second, 'conflict'), newer).left), ['3', '4']);
  assert.deepEqual(told(replannedWhole(afterFailure(made, second, 'unanswered'), newer).left), ['3']);
});

test('afterFailure() and replanned() do not take out of one slice what is not in another yet', () => {
  const server = overfull(300);
  server.putPod(pod(250, DOWN));
  const { writes } = server.plan();
  assert.deepEqual(told(writes), ['2', '1', '0']);
  const [first] = writes;
  assert.ok(first);
  assert.deepEqual(told(afterFailure(roundOf(writes), first, 'refused').left), ['1', '0']);
  const round = afterFailure(roundOf(writes), first, 'unanswered');
  assert.deepEqual(told(round.left), []);
  assert.deepEqual(told(replanned(round, writes).left), []);
  assert.deepEqual(
    [roundOf([]), round].map(one => hasToTakeOut(one, writes)),
    [true, false],
  );
  assert.ok(!hasToTakeOut(roundOf([]), writes.slice(1)), 'what adds comes first');
});
