import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accountsOf, dueAt } from './account.ts';

describe('accountsOf()', () => {
  it('finds the accounts among other lines', () => {
    const account = { arrivedAt: 5, long: [{ begunAt: 1, endedAt: null }] };
    const log = `[pod/web-1/app] listening\n[pod/web-2/app] ${JSON.stringify(account)}\n`;
    assert.deepEqual([...accountsOf(log)], [['web-2', account]]);
  });
});

describe('dueAt()', () => {
  const cases = [
    ['drain-min', { arrivedAt: 2000, long: [{ begunAt: 1000, endedAt: 4000 }] }, 6000],
    ['the last arrival', { arrivedAt: 8000, long: [] }, 8000],
    [
      'the end of the longest that had begun by then',
      { arrivedAt: 7000, long: [{ begunAt: 6500, endedAt: 9500 }] },
      9500,
    ],
    ['no request that begins later', { arrivedAt: null, long: [{ begunAt: 6500, endedAt: 9500 }] }, 6000],
    ['no request that was cut', { arrivedAt: null, long: [{ begunAt: 5500, endedAt: null }] }, 6000],
  ] as const;
  for (const [what, account, due] of cases) {
    it(`waits for ${what}`, () => assert.equal(dueAt(account, 1000, 5000), due));
  }
});
