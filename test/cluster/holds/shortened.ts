/** Delete with a shorter grace period, which an agent without API access does not know of. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { withNamespace } from '../namespace.ts';
import { deletePod, podGone } from '../pod-status.ts';
import { told } from '../recorders/witness.ts';
import { assertWholeSequence, endOfRequest, entry, startRequest, startUshered } from '../ushered/ending.ts';

const LATE_MS = 15_000;

/** Half of what the agent was told; `drain-silence-max` and some seconds fit. */
const SHORTER_S = 30;

/** Time is left for all. */
export async function shortened(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'shortened');
  const witness = await startUshered(context, namespace);
  await deletePod(namespace, 'pod', `--grace-period=${SHORTER_S}`);
  await witness.ended();
  assertWholeSequence(witness, 1000 * SHORTER_S);
  await podGone(namespace, 'pod');
}

/** A request takes longer than the grace period that is left. */
export async function cut(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'cut');
  const witness = await startUshered(context, namespace);
  await startRequest(namespace, 40_000);
  await witness.seen('request', 'web');
  await deletePod(namespace, 'pod', '--grace-period=3');
  await witness.ended();
  const story = told(witness.lines);
  const began = entry(witness, 'hook').at;
  const sigterm = witness.line('sigterm', 'web').at;
  assert.ok(sigterm - began > 2_000 && sigterm - began < 3_000 + LATE_MS, story);
  assert.deepEqual(
    witness.all('released', 'podusher').filter(({ at }) => at < sigterm),
    [],
    story,
  );
  assert.equal(await endOfRequest(context, namespace), 'cut');
  await podGone(namespace, 'pod');
}
