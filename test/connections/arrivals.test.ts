import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  type ArrivalsVerdict,
  beginArrivals,
  judgeArrivals,
  readArrivals,
} from '../../lib/connections/arrivals.ts';

const SILENCE_MAX_MS = 12_000;
const READ_EVERY_MS = 100;

interface Told {
  readonly at: number;
  readonly verdict: ArrivalsVerdict['type'];
  readonly lastArrivalAt: number | undefined;
}

/** What each reading tells. `counts` says how many connections there were by then. */
function tell(
  before: number | undefined,
  untilMs: number,
  count: (at: number) => number | undefined,
): Told[] {
  let state = beginArrivals(0, before, count(0) ?? 0);
  const told: Told[] = [];
  for (let at = READ_EVERY_MS; at <= untilMs; at += READ_EVERY_MS) {
    const read = count(at);
    if (read !== undefined) state = readArrivals(state, at, at, read);
    const verdict = judgeArrivals(state, at, SILENCE_MAX_MS).type;
    told.push({ at, verdict, lastArrivalAt: state.arrivedAt.at(-1) });
  }
  return told;
}

function countOf(arrivals: readonly number[]): (at: number) => number {
  return at => arrivals.filter(arrival => arrival <= at).length;
}

/** Arrivals at these intervals, in ms. */
function every(intervalMs: number, fromMs: number, untilMs: number): number[] {
  const times: number[] = [];
  for (let at = fromMs + intervalMs; at <= untilMs; at += intervalMs) times.push(at);
  return times;
}

function firstSilence(told: readonly Told[], fromMs = 0): number | undefined {
  return told.find(({ at, verdict }) => at >= fromMs && verdict === 'silent')?.at;
}

test('judgeArrivals() tells silence between 0 and 1.5 s after their end, when 20 a second go on for 10 s', () => {
  const silentAt = firstSilence(tell(20, 20_000, countOf(every(50, 0, 10_000))));
  assert.ok(silentAt !== undefined && silentAt >= 11_000 && silentAt <= 11_500, String(silentAt));
});

test('judgeArrivals() does not tell silence before the end, when arrivals thin out to a fiftieth', () => {
  // Twenty a second; after 2 s node by node fewer, down to one each 2.5 s; the last one comes at 15 s.
  const thinning: number[] = every(50, 0, 2000);
  for (let [at, gap] = [2000, 50]; at + gap <= 15_000; gap = Math.min(gap * 1.25, 2500)) {
    at += gap;
    thinning.push(at);
  }
  const last = thinning.at(-1) ?? 0;
  const silentAt = firstSilence(tell(20, 40_000, countOf(thinning)));
  assert.ok(
    silentAt !== undefined && silentAt > last && silentAt <= last + SILENCE_MAX_MS + 300,
    String(silentAt),
  );
});

test('judgeArrivals() resumes when an arrival follows a silence that was taken for the end', () => {
  const abrupt = tell(20, 10_000, countOf([...every(50, 0, 1000), 3000]));
  assert.equal(abrupt.find(({ at }) => at === 2500)?.verdict, 'silent');
  assert.equal(abrupt.find(({ at }) => at === 3100)?.verdict, 'arriving');
});

test('judgeArrivals() tells nothing, when not one arrival is expected within the longest silence', () => {
  for (const before of [undefined, 0, 1 / 60, 0.083]) {
    const told = tell(before, 15_000, countOf([7000]));
    assert.deepEqual([...new Set(told.map(({ verdict }) => verdict))], ['untold'], String(before));
  }
  assert.notEqual(tell(0.084, 100, () => 0)[0]?.verdict, 'untold');
});

test('judgeArrivals() goes by the drain’s own rate, when that before is not known and five have come', () => {
  const told = tell(undefined, 20_000, countOf(every(500, 0, 6000)));
  assert.equal(told.find(({ at }) => at === 2000)?.verdict, 'untold');
  assert.equal(told.find(({ at }) => at === 4000)?.verdict, 'arriving');
  const silentAt = firstSilence(told);
  assert.ok(silentAt !== undefined && silentAt >= 8300 && silentAt <= 8600, String(silentAt));
});

test('judgeArrivals() never tells silence, when arrivals never end', () => {
  assert.equal(firstSilence(tell(20, 60_000, countOf(every(50, 0, 60_000)))), undefined);
  assert.equal(firstSilence(tell(1, 60_000, countOf(every(1000, 0, 60_000)))), undefined);
});

test('judgeArrivals() waits for 4.6 missed arrivals, at least 1 s, at most the longest silence', () => {
  const table: readonly (readonly [number, number])[] = [
    [100, 1000],
    [4.6, 1000],
    [2, 2300],
    [1, 4600],
    [0.1, 12_000],
  ];
  for (const [before, needMs] of table)
    assert.equal(firstSilence(tell(before, 20_000, () => 0)), needMs, String(before));
});

test('readArrivals() takes for an arrival only what stands in two readings', () => {
  // Every second reading shows one of the agent's own connections that it has not counted yet.
  const flicker = tell(20, 5000, at => (at / READ_EVERY_MS) % 2);
  assert.ok(flicker.every(({ lastArrivalAt }) => lastArrivalAt === undefined));
  const stands = tell(20, 5000, at => (at >= 1000 ? 1 : 0));
  assert.equal(stands.at(-1)?.lastArrivalAt, 1000);
});

test('judgeArrivals() does not take unread time for silence, however long it is', () => {
  const told = tell(20, 5000, at => (at > 500 ? undefined : 0));
  assert.equal(firstSilence(told), undefined);
  assert.equal(told.at(-1)?.verdict, 'arriving');
});

test('judgeArrivals() never tells silence within a second of an arrival, whatever the arrivals', () => {
  const gaps = fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(gaps, fc.double({ min: 0.1, max: 100, noNaN: true }), (all, before) => {
      let at = 0;
      const arrivals = all.map(gap => (at += gap));
      for (const { at: readAt, verdict, lastArrivalAt } of tell(before, at + 15_000, countOf(arrivals))) {
        const last = arrivals.findLast(arrival => arrival <= readAt - READ_EVERY_MS);
        assert.ok(verdict !== 'silent' || last === undefined || readAt - last >= 1000 - READ_EVERY_MS);
        assert.ok(lastArrivalAt === undefined || (lastArrivalAt <= readAt && lastArrivalAt >= (last ?? 0)));
        if (readAt > at + SILENCE_MAX_MS + 2 * READ_EVERY_MS) assert.equal(verdict, 'silent');
      }
    }),
  );
});

test('judgeArrivals() makes no rate of connections that came in one reading', () => {
  const told = tell(0, 5000, countOf([100, 100, 100, 100, 100]));
  assert.deepEqual(new Set(told.map(({ verdict }) => verdict)), new Set(['untold']));
});
