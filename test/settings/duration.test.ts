import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parsed, unparsed } from '../../lib/parsed.ts';
import { DURATION_PATTERN, formatDuration, parseDuration } from '../../lib/settings/duration.ts';

const HOUR = 3_600_000;
const bounds = { minMs: 0, maxMs: HOUR };
const accepted = 'accepted: 1m30s, 500ms, 0s to 1h';

const good: readonly [text: string, ms: number, written?: string][] = [
  ['0s', 0],
  ['500ms', 500],
  ['1.5s', 1500],
  ['1m30s', 90_000],
  ['1m0s', 60_000, '1m'],
  ['90s', 90_000, '1m30s'],
  ['0.25h', 900_000, '15m'],
  ['1h', HOUR],
  ['30s1m', 90_000, '1m30s'],
  ['59m59.999s', HOUR - 1],
  ['1.0004s', 1000, '1s'],
];

test('parseDuration() reads what Kubernetes writes, and formatDuration() writes it', () => {
  for (const [text, ms, written = text] of good) {
    assert.deepEqual(parseDuration(text, bounds), parsed(ms), text);
    assert.equal(formatDuration(ms), written);
  }
});

const bad: readonly [text: string, problem: string][] = [
  ['5 seconds', `"5 seconds" is not a duration; ${accepted}`],
  ['', `"" is not a duration; ${accepted}`],
  ['5', `"5" has no unit; ${accepted}`],
  ['0', `"0" has no unit; ${accepted}`],
  ['-5s', `"-5s" is not a duration; ${accepted}`],
  ['5S', `"5S" is not a duration; ${accepted}`],
  ['5s ', `"5s " is not a duration; ${accepted}`],
  ['.5s', `".5s" is not a duration; ${accepted}`],
  ['1h1ms', `"1h1ms" is more than 1h; ${accepted}`],
  [`${'9'.repeat(400)}h`, `"${'9'.repeat(80)}…" is more than 1h; ${accepted}`],
];

test('parseDuration() says what is wrong and what is accepted when the text is no duration within bounds', () => {
  for (const [text, problem] of bad) assert.deepEqual(parseDuration(text, bounds), unparsed(problem), text);
  assert.deepEqual(
    parseDuration('999ms', { minMs: 1000, maxMs: 24 * HOUR }),
    unparsed('"999ms" is less than 1s; accepted: 1m30s, 500ms, 1s to 24h'),
  );
});

test('parseDuration() gives back every duration that formatDuration() writes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 24 * HOUR }), ms => {
      assert.deepEqual(parseDuration(formatDuration(ms), { minMs: 0, maxMs: 24 * HOUR }), parsed(ms));
    }),
  );
});

test('parseDuration() gives whole ms within bounds or one problem, whatever the text', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.stringMatching(new RegExp(`^${DURATION_PATTERN}$`)),
  );
  fc.assert(
    fc.property(text, anything => {
      const result = parseDuration(anything, bounds);
      if (result.ok) assert.ok(Number.isInteger(result.value) && result.value >= 0 && result.value <= HOUR);
      else assert.equal(result.problems.length, 1);
    }),
  );
});

test('formatDuration() writes what is missing with a minus, and never a minus zero', () => {
  assert.equal(formatDuration(-1500), '−1.5s');
  assert.equal(formatDuration(-0.2), '0s');
});
