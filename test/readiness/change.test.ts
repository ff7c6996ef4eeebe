import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Check, Readiness } from '../../lib/readiness/aggregate.ts';
import { readinessChange } from '../../lib/readiness/change.ts';

const OK: Check = { name: 'auth', outcome: 'passed', reason: 'HTTP 200', since: 9 };
const BAD: Check = { name: 'auth', outcome: 'failed', reason: 'HTTP 503', since: 5 };
const STATSD: Check = { name: 'statsd', outcome: 'tolerated', reason: 'refused', since: 5 };
const DRAIN: Check = { name: 'drain', outcome: 'terminating', reason: 'rails was released', since: 7 };

const ready = (...checks: Check[]): Readiness => ({ ready: true, checks });
const notReady = (...checks: Check[]): Readiness => ({ ready: false, checks });

for (const [what, before, after, change] of [
  ['it is ready from the start', undefined, ready(OK), { ready: true, because: [] }],
  ['it is not from the start', undefined, notReady(BAD), { ready: false, because: ['auth: HTTP 503'] }],
  ['it fails', ready(OK), notReady(BAD, STATSD), { ready: false, because: ['auth: HTTP 503'] }],
  ['it mends', notReady(BAD, STATSD), ready(OK, STATSD), { ready: true, because: ['auth: HTTP 200'] }],
  ['a drain is over', notReady(DRAIN, OK), ready(OK), { ready: true, because: ['drain: over'] }],
  [
    'another fails besides',
    notReady(DRAIN),
    notReady(DRAIN, BAD),
    { ready: false, because: ['drain: rails was released', 'auth: HTTP 503'] },
  ],
] as const) {
  test(`readinessChange() tells who it was when ${what}`, () => {
    assert.deepEqual(readinessChange(before, after, 12), { at: 12, ...change });
  });
}

test('readinessChange() tells nothing of other words for the same, nor of the non-critical', () => {
  assert.equal(readinessChange(notReady(BAD), notReady({ ...BAD, reason: 'HTTP 500' }), 12), undefined);
  assert.equal(readinessChange(ready(OK), ready(OK, STATSD), 12), undefined);
});
