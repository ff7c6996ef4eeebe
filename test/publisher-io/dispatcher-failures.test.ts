/** How a Service's plan goes on where its writes fail, are given up, or a term ends. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Written } from '../../agent/publisher/writer.ts';
import { parsePod } from '../../lib/publisher/pod.ts';
import type { Write } from '../../lib/publisher/write.ts';
import { until } from '../agent/until.ts';
import { pod } from '../publisher/published.ts';
import { must } from '../publisher/server.ts';
import { Bench, DOWN, hang, KEY, REFUSED, UNANSWERED } from './dispatcher-bench.ts';

for (const outcome of [REFUSED, UNANSWERED]) {
  test(`dispatcher takes endpoints out though other writes of the Service are ${outcome.outcome}`, async context => {
    const bench = new Bench(context);
    await bench.start(300);
    bench.answer = ({ type, name }) => (type === 'create' || name.endsWith('-0') ? outcome : undefined);
    // In the first slice, which is refused; in the two others; and for a new one.
    for (const index of [0, 100, 200]) bench.put(index, DOWN);
    for (let index = 300; index < 350; index++) bench.put(index);
    const isOut = (slice: string): boolean => bench.written.includes(`${slice} out`);
    await until('the two others', () => (isOut('1') && isOut('2')) || undefined);
    assert.ok(bench.written.indexOf('0 out') < bench.written.indexOf('2 out'), bench.written.join());
    assert.equal(
      bench.written.indexOf('0 out'),
      bench.written.lastIndexOf('0 out'),
      'before it is tried again',
    );
    const [one, other] = [
      bench.server.slices.get(nameOf(bench, '1')),
      bench.server.slices.get(nameOf(bench, '2')),
    ];
    assert.match(JSON.stringify([one, other]), /"ready":false.*"ready":false/);
  });
}

function nameOf({ writes }: Bench, slice: string): string {
  return writes.find(({ name }) => name.endsWith(`-${slice}`))?.name ?? '';
}

test('dispatcher tries each slice of a Service that hangs once in a round, by what is known at its turn', async context => {
  const bench = new Bench(context);
  await bench.start(400);
  let times = 0;
  bench.answer = () => {
    if (bench.writes.length > 3) return undefined;
    // By then it is ready again: an older plan would take it out.
    bench.put(200);
    bench.put(10 + times++, DOWN);
    return hang(bench);
  };
  for (const index of [0, 100, 200, 300]) bench.put(index, DOWN);
  await bench.rest();
  assert.deepEqual(bench.written.slice(0, 3), ['0 out', '1 out', '3 out']);
  assert.deepEqual(bench.written.slice(3).toSorted(), ['0 out', '1 out', '3 out']);
});

test('dispatcher has no failure where it gives a write up: what follows waits for nothing', async context => {
  const bench = new Bench(context);
  await bench.start(2);
  bench.outcomes.splice(0);
  context.mock.timers.enable({ apis: ['setTimeout'] });
  let conflicts = 0;
  bench.answer = ({ takesOut }, signal) => {
    if (takesOut) return conflicts++ === 0 ? { outcome: 'conflict' } : undefined;
    if (conflicts > 0) return undefined;
    const { promise, resolve } = Promise.withResolvers<Written>();
    signal.addEventListener('abort', () => resolve(UNANSWERED));
    return promise;
  };
  bench.put(2);
  while (bench.writes.length === 0) await turn();
  bench.put(0, DOWN);
  context.mock.timers.tick(250);
  for (let turns = 0; turns < 100; turns++) await turn();
  assert.deepEqual(bench.outcomes, ['abandoned', 'conflict', 'done']);
});

test('dispatcher goes on after a failure by what is known at each write, and plans anew for a change alone', async context => {
  const bench = new Bench(context);
  await bench.start(600);
  const looks: number[] = [];
  bench.answer = async () => {
    looks.push(bench.store.looks);
    if (bench.writes.length === 1) return REFUSED;
    await turn();
    if (bench.writes.length === 2) bench.put(200);
    return undefined;
  };
  bench.store.looks = 0;
  for (const index of [0, 100, 200, 300, 400, 500]) bench.put(index, DOWN);
  await bench.rest();
  assert.deepEqual(bench.written, ['0 out', '1 out', '3 out', '4 out', '5 out', '0 out']);
  assert.deepEqual(looks.slice(0, -1), [1, 1, 2, 2, 2]);
});

test('dispatcher goes on after a conflict by what was read, though nobody has told of a change', async context => {
  const bench = new Bench(context);
  await bench.start(300);
  bench.answer = () => {
    if (bench.writes.length > 1) return undefined;
    bench.store.putPod(must(parsePod(pod(100))));
    return { outcome: 'conflict' };
  };
  for (const index of [0, 100, 200]) bench.put(index, DOWN);
  for (let index = 300; index < 350; index++) bench.put(index);
  await bench.rest();
  assert.deepEqual(bench.written, ['0 out', '2 out', '3', '0 out']);
});

test('dispatcher tries again what failed though there is more to take out all the time', async context => {
  const bench = new Bench(context);
  await bench.start(300);
  let times = 0;
  bench.answer = () => {
    times++;
    for (const slice of [1, 2]) if (times < 40) bench.put(slice * 100 + times, DOWN);
    return times === 1 ? { outcome: 'conflict' } : undefined;
  };
  for (const index of [0, 100, 200]) bench.put(index, DOWN);
  await bench.rest();
  assert.deepEqual(bench.written.slice(0, 4), ['0 out', '1 out', '2 out', '0 out']);
});

/** Has what takes out answered so, and what adds hang until it is given up. */
function answerOuts(bench: Bench, answerOut: (write: Write) => Written | undefined): void {
  bench.answer = (write, signal) => {
    if (write.takesOut) return answerOut(write);
    const { promise, resolve } = Promise.withResolvers<Written>();
    signal.addEventListener('abort', () => resolve(UNANSWERED));
    bench.hung.promise.then(resolve, resolve);
    return promise;
  };
}

/** Begins with a pod to add to the sixth slice, which is written before the others. */
async function withOneToAdd(context: TestContext): Promise<Bench> {
  const bench = new Bench(context);
  await bench.start(600);
  bench.put(550, DOWN);
  await bench.rest();
  bench.writes.splice(0);
  bench.outcomes.splice(0);
  context.mock.timers.enable({ apis: ['setTimeout'] });
  return bench;
}

/** As `until()`, where the timers do not run. */
async function turnUntil(look: () => boolean): Promise<void> {
  for (let turns = 0; turns < 10_000; turns++) {
    if (look()) return;
    await turn();
  }
  assert.fail('Not within 10,000 turns');
}

async function untilAdds({ writes }: Bench): Promise<void> {
  await turnUntil(() => writes.at(-1)?.takesOut === false);
}

test('dispatcher gives up what adds and has its turn among take-outs, though nothing changes meanwhile', async context => {
  const bench = await withOneToAdd(context);
  answerOuts(bench, () => undefined);
  bench.put(550);
  for (const index of [0, 100, 200, 300, 400]) bench.put(index, DOWN);
  await untilAdds(bench);
  assert.equal(bench.writes.length, 5);
  context.mock.timers.tick(999);
  for (let turns = 0; turns < 20; turns++) await turn();
  assert.equal(bench.writes.length, 5);
  context.mock.timers.tick(1);
  await turnUntil(() => bench.writes.length > 5);
  assert.deepEqual(bench.written, ['0 out', '1 out', '2 out', '3 out', '5', '4 out']);
  await untilAdds(bench);
  bench.hung.resolve({ outcome: 'done' });
});

test('dispatcher lets what adds go on at last though there is something to take out whenever it is slow', async context => {
  const bench = await withOneToAdd(context);
  answerOuts(bench, () => undefined);
  bench.put(550);
  for (const slice of [0, 1, 2, 3]) {
    await turnUntil(() => bench.writes.length === 2 * slice + 1);
    bench.put(100 * slice, DOWN);
    context.mock.timers.tick(250);
  }
  await turnUntil(() => bench.writes.length === 9);
  bench.put(400, DOWN);
  context.mock.timers.tick(300);
  for (let turns = 0; turns < 20; turns++) await turn();
  assert.deepEqual(bench.written, ['5', '0 out', '5', '1 out', '5', '2 out', '5', '3 out', '5']);
  bench.hung.resolve({ outcome: 'done' });
  await turnUntil(() => bench.outcomes.at(8) !== undefined);
  assert.equal(bench.outcomes[8], 'done');
});

test('dispatcher does not give up what adds for what has failed in the same round', async context => {
  const bench = await withOneToAdd(context);
  answerOuts(bench, () => REFUSED);
  bench.put(550);
  bench.put(0, DOWN);
  await untilAdds(bench);
  context.mock.timers.tick(250);
  bench.put(0, DOWN);
  bench.put(1, DOWN);
  context.mock.timers.tick(250);
  for (let turns = 0; turns < 20; turns++) await turn();
  assert.deepEqual([bench.written, bench.outcomes], [['0 out', '5'], ['refused']]);
  // What is not tried yet is another matter; and what has failed still waits.
  bench.put(100, DOWN);
  context.mock.timers.tick(250);
  await turnUntil(() => bench.outcomes.length > 2);
  for (let turns = 0; turns < 20; turns++) await turn();
  assert.deepEqual(bench.written, ['0 out', '5', '1 out']);
  assert.deepEqual(bench.outcomes, ['refused', 'abandoned', 'refused']);
});

test('dispatcher goes on with no plan of a term that is over, though another has begun', async context => {
  const { promise, resolve } = Promise.withResolvers<Written>();
  context.after(() => resolve(UNANSWERED));
  const bench = new Bench(context);
  await bench.start(200);
  bench.answer = () => promise;
  for (const index of [0, 100]) bench.put(index, DOWN);
  await until('a write', () => bench.writes.length || undefined);
  bench.put(1, DOWN);
  const stopped = bench.dispatcher.stop();
  bench.dispatcher.start();
  bench.answer = () => undefined;
  resolve(UNANSWERED);
  await stopped;
  assert.deepEqual([bench.written, bench.dispatcher.waiting], [['0 out'], 0]);
  bench.dispatcher.add([KEY]);
  await bench.rest();
  assert.deepEqual(bench.written, ['0 out', '0 out', '1 out']);
});
