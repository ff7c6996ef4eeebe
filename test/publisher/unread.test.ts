/** Whether a dry run is to wait any longer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Reading, type Unread, unreadOf } from '../../lib/publisher/unread.ts';

const reading = (resource: string, parts: Partial<Reading> = {}): Reading => ({
  resource,
  state: 'starting',
  because: null,
  heardAt: null,
  isSynced: false,
  ...parts,
});
const lost = (resource: string, because: string, heardAt: number | null = null): Reading =>
  reading(resource, { state: 'lost', because, heardAt });
const read = (resource: string): Reading =>
  reading(resource, { state: 'watching', heardAt: 1, isSynced: true });
const REFUSED = 'HTTP 403: pods is forbidden';
const GONE = 'Cannot be reached: ECONNREFUSED';

const CASES: readonly (readonly [
  what: string,
  readings: readonly Reading[],
  ms: number,
  type?: Unread['type'],
])[] = [
  ['all is read', [read('pods'), read('nodes')], 200_000],
  ['nothing has been told yet', [reading('pods'), reading('nodes')], 10_000],
  ['all is refused', [lost('pods', REFUSED), lost('nodes', 'HTTP 401: Unauthorized')], 0, 'refused'],
  ['one is refused, and the rest is read', [lost('pods', REFUSED), read('nodes')], 0, 'refused'],
  ['one is refused, and the rest is on its way', [lost('pods', REFUSED), reading('nodes')], 0],
  ['nobody listens', [lost('pods', GONE), lost('nodes', GONE)], 9999],
  ['nobody listens for long', [lost('pods', GONE), lost('nodes', GONE)], 10_000, 'unanswered'],
  ['one was heard, and both are lost', [lost('pods', GONE, 5), lost('nodes', GONE)], 10_000],
  ['one is slow', [lost('pods', GONE), reading('nodes')], 10_000],
  ['the server is ill', [lost('pods', 'HTTP 500'), lost('nodes', 'HTTP 4030')], 9999],
  ['one is never done', [read('pods'), reading('nodes', { heardAt: 5 })], 119_999],
  ['one is not done for long', [read('pods'), reading('nodes', { heardAt: 5 })], 120_000, 'late'],
];

for (const [what, readings, ms, type] of CASES) {
  test(`unreadOf() says ${type ?? 'nothing'} after ${ms} ms where ${what}`, () => {
    const resources = readings.filter(({ isSynced }) => !isSynced).map(({ resource }) => resource);
    assert.deepEqual(unreadOf(readings, ms), type && { type, resources });
  });
}
