/** Whether a dry run is to wait any longer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Reading, type Unread, unreadOf } from '../../lib/publisher/unread.ts';

const reading = (resource: string, parts: Partial<Reading> = {}): Reading => ({
  resource,
  state: 'starting',
  heardAt: null,
  isSynced: false,
  ...parts,
});
const lost = (resource: string, heardAt: number | null = null): Reading =>
  reading(resource, { state: 'lost', heardAt });
const read = (resource: string): Reading =>
  reading(resource, { state: 'watching', heardAt: 1, isSynced: true });

const CASES: readonly (readonly [
  what: string,
  readings: readonly Reading[],
  ms: number,
  type?: Unread['type'],
])[] = [
  ['all is read', [read('pods'), read('nodes')], 200_000],
  ['nothing has been told yet', [reading('pods'), reading('nodes')], 10_000],
  ['nobody listens', [lost('pods'), lost('nodes')], 9999],
  ['nobody listens for long', [lost('pods'), lost('nodes')], 10_000, 'unanswered'],
  ['one was heard, and both are lost', [lost('pods', 5), lost('nodes')], 10_000],
  ['one is slow', [lost('pods'), reading('nodes')], 10_000],
  ['one is never done', [read('pods'), reading('nodes', { heardAt: 5 })], 119_999],
  ['one is not done for long', [read('pods'), reading('nodes', { heardAt: 5 })], 120_000, 'late'],
];

for (const [what, readings, ms, type] of CASES) {
  test(`unreadOf() says ${type ?? 'nothing'} after ${ms} ms where ${what}`, () => {
    const resources = readings.filter(({ isSynced }) => !isSynced).map(({ resource }) => resource);
    assert.deepEqual(unreadOf(readings, false, ms), type && { type, resources });
  });
}

test('unreadOf() ends at once where all is refused that is missing, and waits for what is on its way', () => {
  const refused = [lost('pods', 1), read('nodes')];
  assert.deepEqual(unreadOf(refused, true, 0), { type: 'refused', resources: ['pods'] });
  assert.equal(unreadOf([...refused, reading('services')], true, 0), undefined);
});
