import assert from 'node:assert/strict';
import { test } from 'node:test';
import { experiment } from '../bench/inflight/experiment.ts';

// `npm run bench:inflight` at length; here as long as a test may take.

test('watchActivity() calls no request in flight idle, and no idle connection busy for long, as the server knows', async () => {
  const figures = await experiment({ seconds: 4, doubtMs: 2000, longestAnswerMs: 1500 });
  assert.ok(figures.inFlight > 500, JSON.stringify(figures));
  assert.ok(figures.idleForLong > 100, JSON.stringify(figures));
  assert.equal(figures.inFlightCalledIdle, 0, JSON.stringify(figures));
  assert.equal(figures.idleHeldTooLong, 0, JSON.stringify(figures));
  assert.ok(figures.idleCalledInFlight + figures.idleInDoubt < figures.idle / 2, JSON.stringify(figures));
});
