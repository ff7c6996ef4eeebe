import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { addReading, type Reading, rateOfAges, rateOfReadings } from '../../lib/connections/rate.ts';

/** A reading each second, give or take 200 ms, up to now; `accepted` says the counter at a time. */
function readings(seconds: number, accepted: (second: number) => number): readonly Reading[] {
  let all: readonly Reading[] = [];
  for (let second = 0; second <= seconds; second++) {
    all = addReading(all, { at: second * 1000 + (second % 3) * 100, accepted: accepted(second) });
  }
  return all;
}

test('rateOfReadings() takes the last 10 or 60 s, whichever is higher', () => {
  const steady = rateOfReadings(
    readings(100, second => second * 20),
    [],
  );
  assert.ok(steady !== undefined && Math.abs(steady - 20) < 0.5, String(steady));
  const risen = rateOfReadings(
    readings(100, second => Math.max(0, second - 90) * 30),
    [],
  );
  assert.ok(risen !== undefined && Math.abs(risen - 30) < 1, String(risen));
  const fallen = rateOfReadings(
    readings(100, second => Math.min(second, 70) * 30),
    [],
  );
  assert.ok(fallen !== undefined && Math.abs(fallen - 15) < 1, String(fallen));
});

test('rateOfReadings() takes the connections within the pod off, of each window its own', () => {
  // Each second one from outside, and ten within the pod, which TIME-WAIT remembers.
  const inside = Array.from({ length: 600 }, (_, i) => i * 100);
  const rate = rateOfReadings(
    readings(100, second => second * 11),
    inside,
  );
  assert.ok(rate !== undefined && Math.abs(rate - 1) < 0.5, String(rate));
  assert.equal(
    rateOfReadings(
      readings(100, second => second),
      inside,
    ),
    0,
  );
});

test('rateOfReadings() is not changed by connections within the pod that are closed and opened anew', () => {
  // Two a second from outside; 5 s ago the pod's thirty kept connections were closed and opened anew.
  const rate = rateOfReadings(
    readings(100, second => second * 2 + (second > 95 ? 30 : 0)),
    Array<number>(30).fill(5000),
  );
  assert.ok(rate !== undefined && Math.abs(rate - 2) < 0.1, String(rate));
});

test('rateOfReadings() goes by the last 10 s, when kept connections within the pod ended before', () => {
  const rate = rateOfReadings(
    readings(100, second => second * 2),
    Array<number>(60).fill(30_000),
  );
  assert.ok(rate !== undefined && Math.abs(rate - 2) < 0.1, String(rate));
});

test('rateOfReadings() goes by what there is when the agent has just begun, and by nothing under a second', () => {
  assert.equal(rateOfReadings([], []), undefined);
  assert.equal(rateOfReadings([{ at: 0, accepted: 5 }], []), undefined);
  const two = [
    { at: 0, accepted: 5 },
    { at: 999, accepted: 9 },
  ];
  assert.equal(rateOfReadings(two, []), undefined);
  assert.equal(rateOfReadings([...two, { at: 2000, accepted: 15 }], []), 5);
});

test('addReading() keeps a minute of readings, however long it reads', () => {
  assert.ok(readings(10_000, () => 0).length <= 62);
});

test('rateOfAges() counts the connections of the time watched only', () => {
  const ages = [100, 200, 9000, 30_000, 59_000];
  assert.equal(rateOfAges(ages, 100_000), 0.3);
  assert.equal(rateOfAges(ages, 2000), 1);
  assert.equal(rateOfAges(ages, 999), undefined);
  assert.equal(rateOfAges([], 100_000), 0);
});

test('rateOfReadings() is never negative, whatever it is told', () => {
  const reading = fc.record({ at: fc.nat(200_000), accepted: fc.nat(1000) });
  fc.assert(
    fc.property(fc.array(reading), fc.array(fc.nat(60_000)), (some, ages) => {
      const sorted = some.toSorted((a, b) => a.at - b.at).reduce<readonly Reading[]>(addReading, []);
      assert.ok((rateOfReadings(sorted, ages) ?? 0) >= 0);
    }),
  );
});
