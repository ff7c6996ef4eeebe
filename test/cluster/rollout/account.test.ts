import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Account, latenessOf } from './account.ts';

const agentLine = (entry: object): string => `[pod/web-1/podusher] ${JSON.stringify({ entry })}`;

const LOG = ['[pod/web-1/app] listening', ...[1000, 1001].map(at => agentLine({ at, type: 'hook' }))];
const EXIT = agentLine({ at: 10_000, type: 'exit' });

const late = (account: Account, ...more: readonly string[]): readonly (readonly [string, number])[] => {
  const log = [...LOG, `[pod/web-1/app] ${JSON.stringify(account)}`, ...more].join('\n');
  return [...latenessOf(log, 'app', 5000)];
};

describe('latenessOf()', () => {
  const cases: readonly (readonly [string, Account, number])[] = [
    ['drain-min', { arrivedAt: 2000, long: [{ begunAt: 1000, endedAt: 4000 }] }, 4000],
    ['the last arrival', { arrivedAt: 8000, long: [] }, 2000],
    [
      'the longest request that had begun by then',
      { arrivedAt: 7000, long: [{ begunAt: 6500, endedAt: 9500 }] },
      500,
    ],
    ['no request that began later', { arrivedAt: null, long: [{ begunAt: 6500, endedAt: 9500 }] }, 4000],
    ['no request that was cut', { arrivedAt: null, long: [{ begunAt: 5500, endedAt: null }] }, 4000],
  ];
  for (const [what, account, lateMs] of cases) {
    it(`counts from ${what}`, () => assert.deepEqual(late(account, EXIT), [['web-1', lateMs]]));
  }

  it('is silent about a pod whose agent has not told its end', () => {
    assert.deepEqual(late({ arrivedAt: null, long: [] }), []);
  });
});
