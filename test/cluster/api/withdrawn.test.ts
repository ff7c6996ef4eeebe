/** `drain-min` cut short where the API shows the pod withdrawn: nobody loses a request by it. */
import assert from 'node:assert/strict';
import { before, type TestContext, test } from 'node:test';
import { isOurs } from '../kubectl.ts';
import { loadLoadImage } from '../load/image.ts';
import { restartProxy, slowProxy } from './control.ts';
import { type Variant, type Withdrawn, withdraw } from './withdrawal.ts';

before(() => loadLoadImage(AbortSignal.timeout(600_000)));

/** Most of the traffic comes from one node; the other sends what is left when that has learnt of a deletion. */
const RATES = { 'node-a': 20, 'node-b': 2 };

const LONG: Variant = { api: true, drainMin: '15s' };
const SHORT: Variant = { api: true, drainMin: '5s' };
const SHORT_UNTOLD: Variant = { api: false, drainMin: '5s' };

function report(context: TestContext, { api, drainMin }: Variant, result: Withdrawn | undefined): void {
  assert.ok(result !== undefined);
  const { sent, lost, drained } = result;
  const drains = drained.map(({ at, drainMs, because }) => {
    const after = lost.map(({ startedAt, type }) => ({ ms: startedAt - at, type }));
    const near = after.filter(({ ms }) => ms > -10_000 && ms < 20_000);
    const when = near.map(({ ms, type }) => `${type} ${(ms / 1000).toFixed(1)} s`).join(' ');
    return `${(drainMs / 1000).toFixed(1)} s ${String(because)}${when === '' ? '' : `, lost ${when}`}`;
  });
  const who = `drain-min ${drainMin}${api ? ' --api' : ''}`;
  context.diagnostic(`${who}: ${lost.length} of ${sent} lost; drained after ${drains.join('; ')}`);
}

test('drain-min is cut short, and nobody loses a request', async context => {
  const [result] = await withdraw(context, {
    variants: [SHORT],
    rates: RATES,
    deletions: 3,
    before: async () => {},
  });
  report(context, SHORT, result);
  assert.ok(result !== undefined);
  assert.deepEqual(result.lost, []);
  assert.ok(result.sent > 1000, `${result.sent} sent`);
  const cut = result.drained.filter(({ because, drainMs }) => because === 'withdrawn' && drainMs < 4900);
  assert.ok(cut.length >= 2, `${cut.length} of ${result.drained.length} were cut`);
});

if (isOurs) {
  test('with one kube-proxy 10 s behind, --api loses no request by cutting drain-min short', async context => {
    await slowProxy(context, 'node-b');
    const variants = [SHORT_UNTOLD, SHORT, LONG];
    const results = await withdraw(context, {
      variants,
      rates: RATES,
      deletions: 3,
      // It has just told the kernel all there is: what comes now, it tells in 10 s. The other one tells it in one.
      before: () => restartProxy('node-b'),
    });
    for (const [index, variant] of variants.entries()) report(context, variant, results[index]);
    const [untold, short, long] = results;
    assert.ok(
      untold?.drained.some(({ drainMs }) => drainMs > 8_000),
      'this kube-proxy is not slow',
    );
    // Cut at silence that is significant, and no longer, two requests were lost in three deletions.
    assert.deepEqual([...(short?.lost ?? []), ...(long?.lost ?? [])], []);
  });
}
