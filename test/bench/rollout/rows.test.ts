import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Rolled } from '../../cluster/rollout/roll.ts';
import { evidenceOf, rowOf, type Trial, tableOf, trials } from './rows.ts';

const BROKEN = { startedAt: 0, endedAt: 1, type: 'broken', reason: 'closed' } as const;

const LOSSLESS: Rolled = {
  sent: 1000,
  failed: [],
  cut: [],
  rolloutMs: [20_000, 22_000, 24_000],
  ended: [
    { goneAt: 0, goneMs: 6000, lateMs: 1000, log: [] },
    { goneAt: 0, goneMs: 7000, lateMs: 1500, log: [] },
    { goneAt: 0, goneMs: 9000, lateMs: 1200, log: [] },
  ],
};

const DIES: Trial = { strategy: 'podusher', kubeProxy: 'usual', clients: 'new', app: 'dies', rollouts: 1 };

const cuts = (count: number): Rolled => ({ ...LOSSLESS, cut: Array.from({ length: count }, () => BROKEN) });
const late = (lateMs: number | undefined): Rolled => ({
  ...LOSSLESS,
  ended: [{ goneAt: 60_000, goneMs: 6000, lateMs, log: ['released'] }],
});

const lostAt = (endedAt: number): Rolled => ({ ...late(0), cut: [{ ...BROKEN, endedAt }] });

const failedAt = (startedAt: number): Rolled => ({ ...LOSSLESS, failed: [{ ...BROKEN, startedAt }] });

const oneIsSilent: Rolled = { ...LOSSLESS, ended: [...LOSSLESS.ended, ...late(undefined).ended] };

describe('rowOf()', () => {
  it('tells the median and the most', () => {
    const { goneMs, rolloutMs, lateMs, problems } = rowOf(DIES, LOSSLESS);
    assert.deepEqual(
      [goneMs, rolloutMs],
      [
        { median: 7000, max: 9000 },
        { median: 22_000, max: 24_000 },
      ],
    );
    assert.deepEqual([lateMs, problems], [1500, []]);
  });

  const KEPT = { ...DIES, clients: 'kept' } as const;
  const cases: readonly (readonly [string, Trial, Rolled, readonly string[]])[] = [
    ['one that is cut', DIES, cuts(1), ['1 cut, at most 0']],
    ['one that failed', DIES, failedAt(0), ['1 failed (0 while no pod was ending), at most 0']],
    ['one that failed before', DIES, failedAt(-10_000), ['1 failed (1 while no pod was ending), at most 0']],
    ['too little sent', DIES, { ...LOSSLESS, sent: 659 }, ['659 sent, at least 660']],
    ['a pod that stays too long', DIES, late(2100), ['2100 ms late, at most 2000']],
    ['a pod that gives no account', DIES, oneIsSilent, ['a pod does not tell when it ended']],
    ['kept connections cut by Rails', { ...KEPT, app: 'rails' }, cuts(1), ['1 cut, at most 0']],
    [
      'more lost than with a sleep',
      KEPT,
      { ...cuts(14), failed: [BROKEN] },
      ['1 failed (0 while no pod was ending) and 14 cut, at most 14'],
    ],
    ['no more lost than with a sleep', KEPT, { ...cuts(13), failed: [BROKEN] }, []],
    ['a pod held by kept connections', KEPT, late(18_900), []],
    ['any loss of what is there to compare', { ...DIES, strategy: 'none' }, cuts(100), []],
  ];
  for (const [what, trial, rolled, problems] of cases) {
    it(`${problems.length > 0 ? 'refuses' : 'accepts'} ${what}`, () => {
      assert.deepEqual(rowOf(trial, rolled).problems, problems);
    });
  }
});

describe('evidenceOf()', () => {
  it('tells what the pods have logged that were late', () => {
    assert.equal(evidenceOf(DIES, late(2100)), '  released\n');
    assert.equal(evidenceOf(DIES, late(1900)), '');
    assert.equal(evidenceOf(DIES, late(undefined)), '  released\n');
    assert.equal(evidenceOf({ ...DIES, app: 'rails' }, late(undefined)), '');
  });

  it('tells the requests that were lost, and what the pods have logged that ended then', () => {
    const LOST = '{"type":"broken","reason":"closed"}\n';
    assert.equal(
      evidenceOf(DIES, lostAt(61_000)),
      `  1970-01-01T00:00:00.000Z, 61000 ms: ${LOST}  released\n`,
    );
    assert.equal(evidenceOf(DIES, lostAt(20_000)), `  1970-01-01T00:00:00.000Z, 20000 ms: ${LOST}`);
  });
});

describe('trials()', () => {
  it('has ten rollouts of what has podusher, and fewer of the rest', () => {
    const counts = new Set(trials(10).map(({ strategy, rollouts }) => `${strategy} ${rollouts}`));
    assert.deepEqual([...counts], ['none 2', 'sleep-5 2', 'sleep-15 2', 'podusher 10', 'podusher-api 10']);
  });
});

describe('tableOf()', () => {
  it('has a line for each row', () => {
    const [, , line] = tableOf([rowOf(DIES, cuts(1))]).split('\n');
    const cells =
      '| podusher | usual | new | dies | 1 | 1000 | 0 | 1 | 7.0 s | 9.0 s | 1.5 s | 22.0 s | 1 cut, at most 0 |';
    assert.equal(line, cells);
  });
});
