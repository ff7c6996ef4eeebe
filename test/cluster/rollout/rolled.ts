/** A rolling update in a test. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { withNamespace } from '../namespace.ts';
import { type Rolled, type RolloutPlan, rollOut } from './roll.ts';

/** Does it in a namespace of the test's own, and says what became of it. */
export async function rolled(context: TestContext, plan: RolloutPlan): Promise<Rolled> {
  const name = ['rollout', plan.app, plan.strategy, ...plan.clients].join('-');
  const result = await rollOut(await withNamespace(context, name), plan);
  const { sent, failed, cut, rolloutMs, ended } = result;
  const took = rolloutMs.map(ms => `${(ms / 1000).toFixed(1)} s`).join(', ');
  const who = `${plan.app}, ${plan.strategy}, ${plan.clients.join(' and ')}`;
  context.diagnostic(`${who}: ${sent} sent, ${failed.length} failed, ${cut.length} cut; took ${took}`);
  // Requests on kept connections are a reason that nobody accounts for.
  if (plan.clients.includes('kept')) return result;
  const late = ended.flatMap(({ lateMs }) => (lateMs === undefined ? [] : [(lateMs / 1000).toFixed(1)]));
  if (late.length > 0)
    context.diagnostic(`${who}: pods stayed ${late.join(', ')} s beyond their last reason`);
  return result;
}

/** Asserts that nobody lost a request. */
export function assertLossless({ sent, failed, cut }: Rolled): void {
  assert.deepEqual({ failed, cut }, { failed: [], cut: [] });
  assert.ok(sent > 1000, `${sent} sent`);
}

/** Two seconds, as the bench wants it where nothing else runs; and what a busy machine may add. */
const LATE_MS = 5_000;

/** Asserts that no pod stayed long when it had no reason to any more. */
export function assertInTime({ ended }: Rolled): void {
  const late = ended.filter(({ lateMs }) => lateMs === undefined || lateMs > LATE_MS);
  assert.deepEqual(
    late.map(({ lateMs, log }) => ({ lateMs, log })),
    [],
  );
}
