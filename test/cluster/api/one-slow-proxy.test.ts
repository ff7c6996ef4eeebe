/** Where one kube-proxy is 10 s behind the other, requests that still come hold back the cut of `drain-min`. */
import assert from 'node:assert/strict';
import { before } from 'node:test';
import { loadLoadImage } from '../load/image.ts';
import { restartProxy, slowProxy } from '../nodes.ts';
import { testOnNodes } from '../on-nodes.ts';
import { summaryOf, type Variant, type Withdrawn, withdraw } from './withdrawal.ts';

before(() => loadLoadImage(AbortSignal.timeout(600_000)));

/**
 * Most of the traffic comes from one node; the other sends what is left when that has learnt of a deletion: every quarter of
 * a second to one of two pods. That none comes for 3 s, three fifths of `drain-min`, happens once in 2^12 times.
 */
const RATES = { 'node-a': 20, 'node-b': 4 };

const UNTOLD: Variant = { api: false, drainMin: '5s' };
const SHORT: Variant = { api: true, drainMin: '5s' };
const LONG: Variant = { api: true, drainMin: '15s' };

/** @returns what was lost before `drain-min` was over: silence, which ends a drain later, may be chance (one in 100). */
function lostByTheCut({ lost, drained }: Withdrawn, drainMinMs: number): readonly unknown[] {
  return drained.flatMap(({ at }) =>
    lost.filter(({ startedAt }) => startedAt >= at && startedAt < at + drainMinMs),
  );
}

testOnNodes(
  'with one kube-proxy 10 s behind, --api waits for it, and loses no request by cutting drain-min short',
  async context => {
    await slowProxy(context, ['node-b']);
    const variants = [UNTOLD, SHORT, LONG];
    const results = await withdraw(context, {
      variants,
      rates: RATES,
      deletions: 3,
      settleMs: 14_000,
      // It has just told the kernel all there is: what comes now, it tells in 10 s. The other one tells it in one.
      before: () => restartProxy('node-b'),
    });
    const [untold, short, long] = results;
    assert.ok(untold !== undefined && short !== undefined && long !== undefined);
    for (const [index, result] of results.entries())
      context.diagnostic(summaryOf(variants[index] ?? SHORT, result));
    assert.ok(
      untold.drained.some(({ drainMs }) => drainMs > 8_000),
      'this kube-proxy is not slow',
    );
    assert.ok(
      short.drained.some(({ drainMs }) => drainMs > 5_000),
      'nobody came late',
    );
    // Cut at silence that is significant, and no longer, two requests were lost in three deletions.
    assert.deepEqual([lostByTheCut(short, 5_000), lostByTheCut(long, 15_000)], [[], []]);
  },
);
