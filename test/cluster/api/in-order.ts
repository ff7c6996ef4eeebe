/** What became of a pod whose agent asks the API. */
import assert from 'node:assert/strict';
import { told, type Witness } from '../recorders/witness.ts';
import { entry, releasedBecause } from '../ushered/ending.ts';
import { DRAIN_MIN_MS, GRACE_MS } from '../ushered/ushered.ts';

/** Asserts that a termination went in order, within the grace period, whatever has proven it. */
export function assertOrder(witness: Witness): void {
  const { all, line } = witness;
  const story = told(witness.lines);
  const began = Math.min(...all('hook', 'podusher').map(({ at }) => at));
  assert.equal(all('termination', 'podusher').length, 1, story);
  const web = entry(witness, 'released', { container: 'web' });
  assert.ok(web.at >= began + DRAIN_MIN_MS, story);
  assert.equal(releasedBecause(witness, 'web'), 'drain over', story);
  assert.ok(line('sigterm', 'web').at >= web.at, story);
  assert.equal(releasedBecause(witness, 'auth'), 'dependents stopped', story);
  assert.ok(line('sigterm', 'auth').at >= line('exit', 'web').at, story);
  const over = entry(witness, 'exit');
  assert.ok(over.at >= line('exit', 'auth').at && over.at <= began + GRACE_MS, story);
}
