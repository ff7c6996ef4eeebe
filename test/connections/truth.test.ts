import assert from 'node:assert/strict';
import { test } from 'node:test';
import { experiment } from '../bench/inflight/experiment.ts';

// `npm run bench:inflight` at length; here as long as a test may take.

/** A busy machine looks less often: then one more run. */
const MOST_RUNS = 5;

test('watchActivity() calls no request in flight idle, and no idle connection busy for long, as the server knows', async () => {
  let [inFlight, idleForLong] = [0, 0];
  for (let run = 0; run < MOST_RUNS && (inFlight <= 500 || idleForLong <= 100); run++) {
    const figures = await experiment({ seconds: 4, doubtMs: 2000, longestAnswerMs: 1500 });
    assert.equal(figures.inFlightCalledIdle, 0, JSON.stringify(figures));
    assert.equal(figures.idleHeldTooLong, 0, JSON.stringify(figures));
    assert.ok(figures.idleCalledInFlight + figures.idleInDoubt < figures.idle / 2, JSON.stringify(figures));
    inFlight += figures.inFlight;
    idleForLong += figures.idleForLong;
  }
  assert.ok(inFlight > 500 && idleForLong > 100, `${inFlight} in flight, ${idleForLong} idle`);
});
