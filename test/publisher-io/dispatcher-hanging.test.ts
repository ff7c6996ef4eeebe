/** Services whose writes hang keep no others back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Written } from '../../agent/publisher/writer.ts';
import { parseService } from '../../lib/publisher/service.ts';
import type { Write } from '../../lib/publisher/write.ts';
import { until } from '../agent/until.ts';
import { serviceObject } from '../publisher/objects.ts';
import { metadataOf, must } from '../publisher/server.ts';
import { AT_A_TIME, Bench, DOWN, hang, UNANSWERED } from './dispatcher-bench.ts';

test('dispatcher takes out all the same when as many as may be made at a time add, and hang', async context => {
  const { promise: hangs, resolve } = Promise.withResolvers<Written>();
  context.after(() => resolve(UNANSWERED));
  const bench = new Bench(context);
  await bench.start(600);
  bench.put(550, DOWN);
  await bench.rest();
  bench.writes.splice(0);
  bench.answer = ({ name }) => (name.startsWith('web-') ? undefined : hangs);
  for (let index = 0; index < AT_A_TIME; index++) {
    const object = serviceObject({ uid: `uid-${index}` });
    const named = { ...object, metadata: { ...metadataOf(object), name: `more-${index}` } };
    bench.dispatcher.add(bench.store.putService(must(parseService(named))));
  }
  await until('all that hang', () => bench.written.length >= AT_A_TIME || undefined);
  bench.writes.splice(0);
  bench.put(550);
  for (const slice of [0, 1, 2, 3, 4]) bench.put(slice * 100, DOWN);
  await until('all that take out', () => bench.written.includes('4 out') || undefined);
  assert.deepEqual(bench.written, ['0 out', '1 out', '2 out', '3 out', '4 out']);
  resolve({ outcome: 'done' });
  await until('what adds', () => bench.written.includes('5') || undefined);
});

const isOther = ({ name }: Write): boolean => name.startsWith('more-');

test('dispatcher lets four Services that hang write at a time, and all others meanwhile', async context => {
  const bench = new Bench(context);
  await bench.start(5);
  const all = Array.from({ length: 8 }, (_, index) => index);
  for (const index of all) bench.more(index);
  await bench.rest();
  bench.writes.splice(0);
  const known = new Set<string>();
  bench.answer = write => {
    if (!isOther(write)) return undefined;
    if (known.has(write.name)) return bench.hung.promise;
    known.add(write.name);
    return hang(bench);
  };
  for (const index of all) bench.more(index, DOWN);
  await until('four that hang again', () => bench.writes.length >= all.length + 4 || undefined);
  for (const index of [0, 1, 2]) {
    bench.put(index, DOWN);
    await until('what takes out', () => bench.writes.length > all.length + 4 + index || undefined);
  }
  assert.deepEqual(bench.writes.map(isOther), [...Array<boolean>(12).fill(true), false, false, false]);
  bench.answer = () => undefined;
  bench.hung.resolve({ outcome: 'done' });
  await bench.rest();
});

test('dispatcher holds nobody back whose writes fail at once, as where the API server is started anew', async context => {
  const bench = new Bench(context);
  await bench.start(1);
  const known = new Set<string>();
  bench.answer = ({ name }) => {
    if (known.has(name)) return bench.hung.promise;
    known.add(name);
    return UNANSWERED;
  };
  for (let index = 0; index < 8; index++) bench.more(index);
  await until('all of them at a time', () => bench.writes.length === 16 || undefined);
});
