/** Whose turn it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lane, type Work } from '../../agent/publisher/lane.ts';
import { Places } from '../../lib/publisher/places.ts';
import { roundOf } from '../../lib/publisher/round.ts';

const workOf = (key: string): Work => ({ key, ...roundOf([]), plannedAt: 0 });

/** A lane in which as many that hang are at work as may be, and one more waits. */
function crowded(): { readonly lane: Lane; readonly leave: () => void } {
  const all = [0, 1, 2, 3, 4].map(index => `shop/${index}`);
  const lane = new Lane(1000, new Places(new Set(all)), 0);
  for (const key of all) lane.put(workOf(key));
  const leaves = [0, 1, 2, 3].map(() => lane.enter(lane.next(0)?.key ?? ''));
  return { lane, leave: () => leaves[0]?.() };
}

test('Lane.next() skips who has no place, who keeps its turn', () => {
  const { lane, leave } = crowded();
  assert.equal(lane.next(0), undefined);
  lane.put(workOf('shop/web'));
  lane.put(workOf('shop/api'));
  assert.equal(lane.next(0)?.key, 'shop/web');
  leave();
  assert.equal(lane.next(0)?.key, 'shop/4');
});

test('Lane.waitMs() and isFree() do not count who has no place', () => {
  const { lane, leave } = crowded();
  assert.equal(lane.waitMs(0), undefined, 'nobody may begin before one has ended');
  assert.ok(lane.isFree('shop/web', 0), 'it would be the next');
  assert.ok(!lane.isFree('shop/4', 0));
  leave();
  assert.equal(lane.waitMs(0), 0);
  assert.ok(!lane.isFree('shop/web', 0), 'another is before it');
});
