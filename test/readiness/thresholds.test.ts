import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { ProbeResult } from '../../lib/readiness/probe-result.ts';
import { afterResult, type ProbeState, unprobed } from '../../lib/readiness/thresholds.ts';

const RESULTS: Readonly<Record<string, ProbeResult>> = {
  s: { type: 'success', reason: 'fine' },
  w: { type: 'warning', reason: 'hm' },
  f: { type: 'failure', reason: 'bad' },
  x: { type: 'failure', reason: 'refused', isRefused: true },
};

/** Results as letters, one a second; @returns the verdicts' first letters, and the last state. */
function walk(results: string, successThreshold: number, failureThreshold: number): [string, ProbeState] {
  let state = unprobed(0);
  let types = '';
  for (const [index, letter] of results.split('').entries()) {
    const result = RESULTS[letter] ?? { type: 'failure', reason: letter };
    state = afterResult(state, result, { successThreshold, failureThreshold }, (index + 1) * 1000);
    types += state.verdict.type.slice(0, 1);
  }
  return [types, state];
}

const table: readonly [results: string, success: number, failure: number, verdicts: string, since: number][] =
  [
    ['s', 1, 3, 'r', 1000],
    ['w', 1, 3, 'r', 1000],
    ['fffff', 1, 3, 'ppfff', 3000],
    ['fsff', 1, 3, 'prrr', 2000],
    ['ffsfff', 1, 3, 'pprrrf', 6000],
    ['sfsfsf', 1, 2, 'rrrrrr', 1000],
    ['swsw', 3, 1, 'pprr', 3000],
    ['ssfsss', 3, 1, 'ppfffr', 6000],
    ['fssf', 2, 1, 'ffrf', 4000],
    ['sxff', 1, 3, 'rfff', 2000],
    ['sxs', 1, 3, 'rfr', 3000],
    ['', 1, 1, '', 0],
  ];

for (const [results, success, failure, verdicts, since] of table) {
  test(`afterResult() goes ${verdicts || 'nowhere'} when results are ${results || 'none'} with thresholds ${success}, ${failure}`, () => {
    const [types, { verdict }] = walk(results, success, failure);
    assert.equal(types, verdicts);
    assert.equal(verdict.since, since);
  });
}

test('afterResult() keeps the reason of the results that made the verdict, and tells how pending ones stand', () => {
  assert.equal(walk('sff', 1, 3)[1].verdict.reason, 'fine');
  assert.equal(walk('f', 1, 3)[1].verdict.reason, '1 of 3 failures in a row: bad');
  assert.equal(walk('fs', 2, 3)[1].verdict.reason, '1 of 2 successes in a row: fine');
  assert.equal(walk('fg', 1, 1)[1].verdict.reason, 'g');
});

test('afterResult() agrees with the last results in a row for any sequence', () => {
  const threshold = fc.integer({ min: 1, max: 4 });
  const results = fc.array(fc.constantFrom('s', 'w', 'f'), { maxLength: 40 });
  fc.assert(
    fc.property(results, threshold, threshold, (letters, success, failure) => {
      const [types] = walk(letters.join(''), success, failure);
      // The kubelet's rule, told anew: the last run that was long enough decides.
      let expected = 'p';
      for (let end = 1; end <= letters.length; end++) {
        const seen = letters.slice(0, end).map(letter => (letter === 'f' ? 'f' : 'r'));
        const last = seen.at(-1) ?? 'p';
        const needed = last === 'f' ? failure : success;
        if (seen.length >= needed && seen.slice(-needed).every(letter => letter === last)) expected = last;
        assert.equal(types[end - 1], expected);
      }
    }),
  );
});
