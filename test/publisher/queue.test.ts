/** Which Service is next, how often, and how many writes there may be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { heededMs, refusedMs, soonMs } from '../../lib/publisher/back-off.ts';
import type { Problem } from '../../lib/publisher/desired.ts';
import { Queue } from '../../lib/publisher/queue.ts';
import { report } from '../../lib/publisher/report.ts';
import { matches, parseSelector } from '../../lib/publisher/selector.ts';
import { SelectorIndex } from '../../lib/publisher/selector-index.ts';
import { isOlder } from '../../lib/publisher/version.ts';
import { must } from './server.ts';

test('Queue gives a Service once, however often it was added, and again when it changed meanwhile', () => {
  const queue = new Queue();
  queue.add('a', 1);
  queue.add('a', 2);
  assert.equal(queue.take(3), 'a');
  assert.equal(queue.job('a')?.since, 1);
  assert.equal(queue.take(3), undefined);
  queue.add('a', 4);
  assert.equal(queue.take(5), undefined, 'it is in work');
  queue.add('a', 5);
  assert.equal(queue.changes('a'), 2);
  queue.done('a');
  assert.equal(queue.take(5), 'a');
  assert.equal(queue.job('a')?.since, 4);
  queue.done('a');
  assert.equal(queue.size, 0);
});

test('Queue keeps since when there is something to do as long as it is not done', () => {
  const queue = new Queue();
  queue.add('a', 1);
  queue.take(1);
  queue.add('a', 50);
  queue.planAgain('a', 60);
  assert.equal(queue.oldest, 1);
  queue.take(60);
  queue.retry('a', 70, failures => failures * 1000);
  assert.equal(queue.nextAt(), 1070);
  assert.equal(queue.take(1069), undefined);
  assert.equal(queue.take(1070), 'a');
  queue.retry('a', 1070, failures => failures * 30_000);
  assert.equal(queue.nextAt(), 61_070);
  queue.add('a', 1500);
  assert.equal(queue.nextAt(), 2070, 'a change makes it due sooner');
  assert.equal(queue.oldest, 1);
});

test('Queue tries what failed again soon when something changed meanwhile, but no sooner than it was asked to', () => {
  const queue = new Queue();
  queue.add('a', 0);
  queue.take(0);
  queue.add('a', 5);
  queue.retry('a', 10, () => 30_000);
  assert.equal(queue.nextAt(), 1010);
  queue.take(1010);
  queue.add('a', 1020);
  queue.retry('a', 1030, () => 100, 5000);
  queue.add('a', 1040);
  assert.equal(queue.nextAt(), 6030);
  queue.take(6030);
  queue.add('a', 6040);
  queue.retry('a', 6050, () => 0);
  assert.equal(queue.nextAt(), 6050);
});

test('Queue tries what failed long ago again at once when something changes', () => {
  const queue = new Queue();
  queue.add('a', 0);
  queue.take(0);
  queue.retry('a', 10, () => 30_000);
  queue.add('a', 20_000);
  assert.equal(queue.take(20_000), 'a');
});

test('Queue.clear() forgets what has changed of a Service in work too, and not what changes later', () => {
  const queue = new Queue();
  for (const key of ['a', 'b', 'c']) queue.add(key, 1);
  for (const key of ['a', 'b']) assert.equal(queue.take(2), key);
  for (const key of ['a', 'b']) queue.add(key, 3);
  queue.clear();
  assert.deepEqual([queue.size, queue.changes('a')], [2, 0]);
  queue.add('b', 4);
  for (const key of ['a', 'b']) queue.done(key);
  assert.deepEqual([queue.size, queue.oldest], [1, 4]);
});

test('soonMs() is never longer than a second, refusedMs() than 30 s, and both heed what was asked', () => {
  assert.equal(soonMs(1, 1), 100);
  assert.equal(soonMs(50, 1), 1000);
  assert.equal(refusedMs(50, 1), 30_000);
  assert.equal(soonMs(1, 0, 3000), 3000);
  assert.equal(soonMs(1, 0, 300_000), 10_000);
  assert.deepEqual([undefined, 3000, 300_000].map(heededMs), [0, 3000, 10_000]);
});

test('isOlder() compares versions as numbers, and says nothing of others', () => {
  assert.ok(isOlder('9', '10'));
  assert.ok(isOlder('123456789012345678901', '123456789012345678902'));
  assert.ok(!isOlder('10', '10'));
  assert.ok(!isOlder('10', '9'));
  assert.ok(!isOlder('a', 'b'));
});

const problem = (index: number): Problem => ({ kind: 'Pod', name: `p-${index}`, message: 'odd' });

test('report() tells each problem once, until it is gone, and no more than five at once', () => {
  const own = { kind: 'Service', name: 'web', message: 'No selector' } as const;
  const one = report(new Set(), [own, problem(1)], 'web');
  assert.deepEqual(one.told, ['No selector', 'Pod p-1: odd']);
  const two = report(one.standing, [own, problem(1), problem(2)], 'web');
  assert.deepEqual(two.told, ['Pod p-2: odd']);
  const gone = report(two.standing, [], 'web');
  assert.deepEqual(report(gone.standing, [own], 'web').told, ['No selector']);
  const many = report(
    new Set(),
    Array.from({ length: 30 }, (_, index) => problem(index)),
    'web',
  );
  assert.equal(many.told.length, 6);
  assert.equal(many.told.at(-1), 'And 25 problems more, in /status');
});

const value = fc.constantFrom('a', 'b', 'c');
const key = fc.constantFrom('app', 'tier', 'x');
const requirement = fc.oneof(
  fc.tuple(key, value).map(([k, one]) => `${k}=${one}`),
  fc.tuple(key, value).map(([k, one]) => `${k}!=${one}`),
  fc.tuple(key, value, value).map(([k, one, two]) => `${k} in (${one},${two})`),
  key,
  key.map(k => `!${k}`),
);
const selectors = fc.array(
  fc.array(requirement, { minLength: 1, maxLength: 3 }).map(all => must(parseSelector(all.join()))),
);
const labels = fc.dictionary(key, value).map(entries => new Map(Object.entries(entries)));

test('SelectorIndex finds the Services that asking each of them finds', () => {
  fc.assert(
    fc.property(selectors, selectors, fc.array(labels), (before, after, all) => {
      const index = new SelectorIndex();
      before.forEach((selector, number) => index.put(String(number), selector));
      after.forEach((selector, number) => index.put(String(number), selector));
      before.slice(after.length).forEach((_, number) => index.remove(String(number + after.length)));
      for (const one of all) {
        const wanted = after.flatMap((selector, number) => (matches(selector, one) ? [String(number)] : []));
        assert.deepEqual(index.select(one).sort(), wanted.sort());
      }
    }),
  );
});
