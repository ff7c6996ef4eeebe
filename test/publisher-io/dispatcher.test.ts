/** In which order a Service's writes are made, whatever happens meanwhile and whatever comes of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Written } from '../../agent/publisher/writer.ts';
import { now, until } from '../agent/until.ts';
import { AT_A_TIME, Bench, DOWN, KEY, UNANSWERED } from './dispatcher-bench.ts';

test('dispatcher writes every slice of a Service though a slice is to be written again with each write', async context => {
  const bench = new Bench(context);
  await bench.start(400);
  let times = 0;
  bench.answer = () => {
    times++;
    if (times < 30) bench.put(times, DOWN);
    return undefined;
  };
  for (const index of [0, 100, 200, 300]) bench.put(index, DOWN);
  await bench.rest();
  const firsts = ['0', '1', '2', '3'].map(slice => bench.written.indexOf(`${slice} out`));
  assert.ok(Math.max(...firsts) < 6, bench.written.join());
});

test('dispatcher does not let a storm of what takes out starve what adds', async context => {
  const bench = new Bench(context);
  await bench.start(300);
  bench.put(200, DOWN);
  await bench.rest();
  bench.writes.splice(0);
  let times = 0;
  bench.answer = () => {
    times++;
    // Each of two slices has something to take out whenever the other was written.
    for (const slice of [0, 1]) if (times < 40) bench.put(slice * 100 + (times % 99), DOWN);
    return undefined;
  };
  bench.put(50, DOWN);
  bench.put(150, DOWN);
  bench.put(200);
  await bench.rest();
  const first = bench.written.indexOf('2');
  assert.ok(first > 0 && first < 6, bench.written.join());
});

test('dispatcher takes out before it adds', async context => {
  const bench = new Bench(context);
  await bench.start(300);
  bench.put(50, DOWN);
  await bench.rest();
  bench.writes.splice(0);
  bench.put(50);
  bench.put(250, DOWN);
  for (let index = 300; index < 500; index++) bench.put(index);
  await bench.rest();
  assert.deepEqual(bench.written.slice(0, 1), ['2 out']);
  assert.deepEqual(bench.written.slice(1).toSorted(), ['0', '3', '4']);
});

test('dispatcher looks once for many changes whether a write is to be given up, and not after it', async context => {
  const { promise, resolve } = Promise.withResolvers<Written>();
  context.after(() => resolve(UNANSWERED));
  const bench = new Bench(context);
  await bench.start(1);
  context.mock.timers.enable({ apis: ['setTimeout'] });
  let isAborted = false;
  bench.answer = (_, signal) => {
    signal.addEventListener('abort', () => (isAborted = true));
    return promise;
  };
  bench.put(1);
  while (bench.writes.length === 0) await turn();
  bench.store.looks = 0;
  for (let index = 2; index < 500; index++) bench.put(index);
  await turn();
  context.mock.timers.tick(250);
  assert.deepEqual([bench.store.looks, isAborted], [1, false]);
  bench.put(0, DOWN);
  bench.put(0, DOWN);
  context.mock.timers.tick(250);
  assert.deepEqual([bench.store.looks, isAborted], [2, true]);
  bench.put(500);
  bench.answer = () => undefined;
  resolve({ outcome: 'done' });
  for (let turns = 0; turns < 100; turns++) await turn();
  bench.store.looks = 0;
  context.mock.timers.tick(250);
  assert.equal(bench.store.looks, 0);
});

test('dispatcher has nothing to do any more once it is stopped, though a write was not done', async context => {
  const { promise, resolve } = Promise.withResolvers<Written>();
  context.after(() => resolve(UNANSWERED));
  const bench = new Bench(context);
  await bench.start(1);
  bench.answer = () => promise;
  bench.put(1);
  await until('a write', () => bench.writes.length || undefined);
  bench.put(2);
  const stopped = bench.dispatcher.stop();
  resolve(UNANSWERED);
  await stopped;
  assert.deepEqual([bench.dispatcher.waiting, bench.dispatcher.oldest], [0, undefined]);
  bench.answer = () => undefined;
  bench.dispatcher.start();
  bench.dispatcher.add([KEY]);
  await bench.rest();
  assert.equal(bench.writes.length, 2);
});

const ADDS = [5, 6, 7, 8];
/** What makes `web` have something to write, four times; whether what the others have to write takes out as well. */
const CHANGES = [
  { lane: 'adds', isOut: false, changes: ADDS.map(index => (bench: Bench) => bench.put(index)) },
  {
    lane: 'takes out',
    isOut: true,
    changes: [0, 1, 2, 3].map(index => (bench: Bench) => bench.put(index, DOWN)),
  },
];

/** As many other Services as may hang, and 5 more wait before `web` and after it. @returns what lets them go. */
async function crowd(bench: Bench, isOut: boolean, change: () => void): Promise<() => void> {
  const all = Array.from({ length: AT_A_TIME + 10 }, (_, index) => index);
  for (const index of isOut ? all : []) bench.more(index);
  await bench.rest();
  bench.writes.splice(0);
  bench.answer = ({ name }) => (name.startsWith('more-') ? bench.hung.promise : undefined);
  const crowded = (index: number): void => bench.more(index, isOut ? DOWN : {});
  all.slice(0, AT_A_TIME).forEach(crowded);
  await until('all that hang', () => bench.writes.length === AT_A_TIME || undefined);
  all.slice(AT_A_TIME, AT_A_TIME + 5).forEach(crowded);
  change();
  all.slice(AT_A_TIME + 5).forEach(crowded);
  await turn();
  bench.writes.splice(0);
  return () => {
    bench.answer = () => undefined;
    bench.hung.resolve({ outcome: 'done' });
  };
}

for (const { lane, isOut, changes } of CHANGES) {
  test(`dispatcher has a Service that changes while it waits keep its turn where all that ${lane} is slow`, async context => {
    const bench = new Bench(context);
    await bench.start(5);
    const [first, ...others] = changes;
    const release = await crowd(bench, isOut, () => first?.(bench));
    for (const change of others) {
      change(bench);
      for (let turns = 0; turns < 5; turns++) await turn();
    }
    assert.deepEqual(bench.written, []);
    release();
    await bench.rest();
    const turns = bench.writes.map(({ name }) => name.startsWith('web-')).indexOf(true);
    assert.equal(turns, 5);
    assert.match(
      JSON.stringify([...bench.server.slices.values()]),
      isOut ? /10\.1\.0\.4"\],"conditions":\{"ready":false/ : /10\.1\.0\.9"/,
    );
  });
}

test('dispatcher takes out meanwhile what waits to be added to, which keeps its turn', async context => {
  const bench = new Bench(context);
  await bench.start(200);
  const release = await crowd(bench, false, () => bench.put(200));
  for (const index of [0, 1]) {
    bench.put(index, DOWN);
    await until('what takes out', () => bench.writes.length === index + 1 || undefined);
  }
  assert.deepEqual(bench.written, ['0 out', '0 out']);
  bench.writes.splice(0);
  release();
  await bench.rest();
  assert.equal(bench.writes.map(({ name }) => name.startsWith('web-')).indexOf(true), 5);
});

test('dispatcher plans a Service that waits ten times a second at most, however often it changes', async context => {
  const bench = new Bench(context);
  await bench.start(5);
  const release = await crowd(bench, false, () => bench.put(5));
  bench.store.looks = 0;
  const since = now();
  for (let times = 0; times < 300; times++) {
    bench.put(6, { labels: { app: times % 2 === 0 ? 'web' : 'other' } });
    await turn();
  }
  const most = 1 + (now() - since) / 100;
  assert.ok(bench.store.looks <= most, `${bench.store.looks} plans`);
  release();
  await bench.rest();
});

for (const { lane, isOut, changes } of CHANGES) {
  test(`dispatcher gives what ${lane} a second when it stops, and then up`, async context => {
    const bench = new Bench(context);
    await bench.start(5);
    bench.outcomes.splice(0);
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const signals: AbortSignal[] = [];
    bench.answer = (_, signal) => {
      signals.push(signal);
      const { promise, resolve } = Promise.withResolvers<Written>();
      signal.addEventListener('abort', () => resolve(UNANSWERED));
      return promise;
    };
    const [first, second] = changes;
    first?.(bench);
    while (signals.length < 1) await turn();
    const stopped = bench.dispatcher.stop();
    context.mock.timers.tick(999);
    assert.equal(signals[0]?.aborted, false);
    // What is begun in another term is none of this end's.
    bench.more(0, isOut ? DOWN : {});
    bench.dispatcher.start();
    bench.dispatcher.add(bench.store.services());
    while (signals.length < 2) await turn();
    context.mock.timers.tick(1);
    await stopped;
    assert.deepEqual(
      signals.slice(0, 2).map(({ aborted }) => aborted),
      [true, false],
    );
    assert.deepEqual(bench.outcomes, ['abandoned']);
    bench.answer = () => undefined;
    second?.(bench);
    const over = bench.dispatcher.stop();
    context.mock.timers.tick(1000);
    await over;
    assert.equal(bench.dispatcher.waiting, 0);
  });
}
