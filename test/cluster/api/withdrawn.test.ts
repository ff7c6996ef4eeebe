/** `drain-min` cut short where the API shows the pod withdrawn: nobody loses a request by it. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadLoadImage } from '../load/image.ts';
import { summaryOf, type Variant, withdraw } from './withdrawal.ts';

before(() => loadLoadImage(AbortSignal.timeout(600_000)));

const VARIANT: Variant = { api: true, drainMin: '5s' };

test('drain-min is cut short, and nobody loses a request', async context => {
  const [result] = await withdraw(context, {
    variants: [VARIANT],
    rates: { 'node-a': 20, 'node-b': 2 },
    deletions: 3,
    settleMs: 4_000,
    before: async () => {},
  });
  assert.ok(result !== undefined);
  context.diagnostic(summaryOf(VARIANT, result));
  assert.deepEqual(result.lost, []);
  assert.ok(result.sent > 1000, `${result.sent} sent`);
  const cut = result.drained.filter(({ because, drainMs }) => because === 'withdrawn' && drainMs < 4900);
  assert.ok(cut.length >= 2, `${cut.length} of ${result.drained.length} were cut`);
});
