import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Bucket, draw, fullBucket, waitMs } from '../../lib/kubernetes/bucket.ts';
import { T } from '../timeline/entries.ts';

test('draw() gives a burst after a rest, then one each so many ms, and waitMs() says when', () => {
  const begins = fc.constantFrom(0, T);
  const burst = fc.integer({ min: 1, max: 100 });
  fc.assert(
    fc.property(begins, burst, fc.array(fc.nat({ max: 300 })), (beginsAt, most, pauses) => {
      const everyMs = 1000 / most;
      let bucket: Bucket = fullBucket(most, everyMs, beginsAt);
      let now = beginsAt;
      let drawn = 0;
      for (const pause of pauses) {
        now += pause;
        for (let next = draw(bucket, now); next !== undefined; next = draw(bucket, now)) {
          bucket = next;
          drawn++;
        }
        const wait = waitMs(bucket, now);
        assert.ok(wait > 0);
        assert.ok(draw(bucket, now + wait) !== undefined, 'when it says so there is one');
        assert.ok(wait < 2 || draw(bucket, now + wait - 1) === undefined, 'and none before');
      }
      assert.ok(drawn <= most + (now - beginsAt) / everyMs + 0.01);
    }),
  );
});

test('draw() allows fifty at once and then one in ten seconds', () => {
  let bucket = fullBucket(50, 10_000, T);
  let drawn = 0;
  for (let ms = 0; ms <= 100_000; ms += 100) {
    const next = draw(bucket, T + ms);
    if (next === undefined) continue;
    bucket = next;
    drawn++;
  }
  assert.equal(drawn, 60);
  assert.ok(draw(bucket, T + 10_000_000));
});
