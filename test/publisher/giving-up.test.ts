/** Whether a dry run is to wait any longer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GivingUp, givingUp, type Reading } from '../../lib/publisher/giving-up.ts';

const reading = (resource: string, parts: Partial<Reading> = {}): Reading => ({
  resource,
  state: 'starting',
  heardAt: null,
  ...parts,
});
const lost = (resource: string, heardAt: number | null = null): Reading =>
  reading(resource, { state: 'lost', heardAt });
const read = (resource: string): Reading => reading(resource, { state: 'watching', heardAt: 1 });

const CASES: readonly (readonly [
  what: string,
  readings: readonly Reading[],
  ms: number,
  type?: GivingUp['type'],
])[] = [
  ['all is read', [read('pods'), read('nodes')], 200_000],
  ['nothing has been told yet', [reading('pods'), reading('nodes')], 10_000],
  ['nobody listens', [lost('pods'), lost('nodes')], 9999],
  ['nobody listens for long', [lost('pods'), lost('nodes')], 10_000, 'unanswered'],
  ['one was heard, and both are lost', [lost('pods', 5), lost('nodes')], 10_000],
  ['one is slow', [lost('pods'), reading('nodes')], 10_000],
  ['one is never done', [read('pods'), reading('nodes', { heardAt: 5 })], 119_999],
  ['all but one is read, and that one is lost for long', [read('pods'), lost('nodes', 5)], 120_000, 'late'],
  ['one is not done for long', [read('pods'), reading('nodes', { heardAt: 5 })], 120_000, 'late'],
];

for (const [what, readings, ms, type] of CASES) {
  test(`givingUp() says ${type ?? 'nothing'} after ${ms} ms where ${what}`, () => {
    const missing = readings.filter(({ state }) => state !== 'watching').map(({ resource }) => resource);
    assert.deepEqual(givingUp(readings, false, ms), type && { type, missing });
  });
}

test('givingUp() ends at once where all is refused that is missing, and waits for what is on its way', () => {
  const refused = [lost('pods', 1), read('nodes')];
  assert.deepEqual(givingUp(refused, true, 0), { type: 'refused', missing: ['pods'] });
  assert.equal(givingUp([...refused, reading('services')], true, 0), undefined);
});
