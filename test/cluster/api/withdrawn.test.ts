/** `drain-min` cut short where the API shows the pod withdrawn: nobody loses a request by it. */
import assert from 'node:assert/strict';
import { before, type TestContext, test } from 'node:test';
import { loadLoadImage } from '../load/image.ts';
import { type Variant, type Withdrawn, withdraw } from './withdrawal.ts';

before(() => loadLoadImage(AbortSignal.timeout(600_000)));

/** Most of the traffic comes from one node; the other sends what is left when that has learnt of a deletion. */
const RATES = { 'node-a': 20, 'node-b': 2 };

const SHORT: Variant = { api: true, drainMin: '5s' };

function report(context: TestContext, { api, drainMin }: Variant, { sent, lost, drained }: Withdrawn): void {
  const drains = drained.map(({ drainMs, because }) => `${(drainMs / 1000).toFixed(1)} s ${String(because)}`);
  const who = `drain-min ${drainMin}${api ? ' --api' : ''}`;
  context.diagnostic(`${who}: ${lost.length} of ${sent} lost; drained: ${drains.join(', ')}`);
}

test('drain-min is cut short, and nobody loses a request', async context => {
  const [result] = await withdraw(context, {
    variants: [SHORT],
    rates: RATES,
    deletions: 3,
    before: async () => {},
  });
  assert.ok(result !== undefined);
  report(context, SHORT, result);
  assert.deepEqual(result.lost, []);
  assert.ok(result.sent > 1000, `${result.sent} sent`);
  const cut = result.drained.filter(({ because, drainMs }) => because === 'withdrawn' && drainMs < 4900);
  assert.ok(cut.length >= 2, `${cut.length} of ${result.drained.length} were cut`);
});
