import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Outcome } from '../../agent/rehearse/load/outcome.ts';
import { tally } from '../../agent/rehearse/load/tally.ts';

const ok = (startedAt: number, endedAt = startedAt + 10): Outcome => ({ type: 'ok', startedAt, endedAt });
const error = (startedAt: number): Outcome => ({
  type: 'status',
  status: 500,
  startedAt,
  endedAt: startedAt + 10,
});
const refused = (at: number): Outcome => ({
  type: 'unanswered',
  reason: 'connection refused',
  startedAt: at,
  endedAt: at,
});
const broken = (startedAt: number, endedAt: number): Outcome => ({
  type: 'broken',
  reason: 'connection closed without an answer',
  startedAt,
  endedAt,
});

describe('tally()', () => {
  it('counts error statuses and unanswered requests as failed', () => {
    const { sent, failed, cut } = tally([ok(0), error(50), refused(100)], []);
    assert.deepEqual({ sent, failed, cut }, { sent: 3, failed: 2, cut: 0 });
  });

  const endings: readonly (readonly [string, readonly number[], 'failed' | 'cut'])[] = [
    ['as cut when the container ended at that moment', [1990], 'cut'],
    ['as cut when the news of its end comes a little later', [2300], 'cut'],
    ['as failed while the container lives', [], 'failed'],
    ['as failed when the container ended at another time', [5000], 'failed'],
    ['as failed when it was begun after the end', [990], 'failed'],
  ];
  for (const [what, at, verdict] of endings) {
    it(`counts a request that was closed upon ${what}`, () => {
      assert.equal(tally([broken(1000, 2000)], at)[verdict], 1);
    });
  }

  it('measures an outage from its first request to the next that succeeds', () => {
    const { longestOutageMs, outages } = tally([ok(0), error(50), refused(100), refused(150), ok(200)], []);
    assert.equal(longestOutageMs, 150);
    assert.deepEqual(outages, [
      { type: 'outage', at: 50, untilAt: 200, failed: 3, cut: 0, reason: 'connection refused' },
    ]);
  });

  it('measures an outage that lasts to the end of its last request', () => {
    assert.equal(tally([ok(0), error(50), error(90)], []).longestOutageMs, 50);
  });

  it('puts a request that was cut where it ended, not where it began', () => {
    const { longestOutageMs, outages } = tally([broken(0, 2000), ok(1900), ok(1950)], [2000]);
    assert.equal(longestOutageMs, 0);
    assert.deepEqual(
      outages.map(({ at, cut }) => [at, cut]),
      [[2000, 1]],
    );
  });

  it('takes requests that were only cut for no outage, but for the beginning of one where others then fail', () => {
    const cut = [broken(0, 2000), broken(10, 2001)];
    assert.equal(tally(cut, [2000]).longestOutageMs, 0);
    assert.equal(tally([...cut, refused(2050), ok(2100)], [2000]).longestOutageMs, 100);
  });

  it('tells outages apart by the success between them, in the order in which requests began', () => {
    const slow = ok(40, 5000);
    const { outages } = tally([error(0), slow, error(50), error(100)], []);
    assert.deepEqual(
      outages.map(({ at, failed }) => [at, failed]),
      [
        [0, 1],
        [50, 2],
      ],
    );
  });

  it('counts every request exactly once', () => {
    const time = fc.integer({ min: 0, max: 1000 });
    const outcome = fc.oneof(
      time.map(ok),
      time.map(error),
      time.map(refused),
      fc.tuple(time, time).map(([a, b]) => broken(a, a + b)),
    );
    fc.assert(
      fc.property(fc.array(outcome), fc.array(time), (outcomes, ends) => {
        const { sent, failed, cut, outages, longestOutageMs } = tally(outcomes, ends);
        const succeeded = outcomes.filter(({ type }) => type === 'ok').length;
        assert.equal(sent, succeeded + failed + cut);
        assert.equal(
          failed + cut,
          outages.reduce((sum, one) => sum + one.failed + one.cut, 0),
        );
        for (const one of outages) {
          assert.ok(one.untilAt >= one.at);
          assert.ok(one.failed === 0 || one.untilAt - one.at <= longestOutageMs);
        }
      }),
    );
  });
});
