/** The API tells of a pod's deletion: a termination is proven at once, and how long it may take is known. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { withNamespace } from '../namespace.ts';
import { containerOf, deletePod, podGone, podReady, podStatus } from '../pod-status.ts';
import { probeAt, say } from '../recorders/recorder.ts';
import { told, type Witness } from '../recorders/witness.ts';
import { grant } from '../rights.ts';
import { endOfRequest, entry, startRequest, startUshered } from '../ushered/ending.ts';
import { untilStatus } from '../ushered/status.ts';
import { DRAIN_MIN_MS, GRACE_MS, WEB_PORT } from '../ushered/ushered.ts';
import { until } from '../wait.ts';
import { startAsking } from './asking.ts';

/** Without a hook of its own it cannot tell a termination from a restart. */
const HOOKLESS = { lifecycle: undefined };

/** Less than what settling takes, so that nobody has waited for it. */
const AT_ONCE_MS = 500;
const RESTART_MS = 90_000;
const SHORT_MS = 10_000;
/** A request that keeps the pod while it is asked about. */
const REQUEST_MS = 15_000;
/** A request that outlasts a shorter grace period. */
const LONG_REQUEST_MS = 40_000;
const LATE_MS = 4_000;

export async function unproven(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'api-unproven');
  const witness = await startUshered(context, namespace, { agent: HOOKLESS });
  await deletePod(namespace, 'pod');
  await witness.ended();
  const story = told(witness.lines);
  for (const container of ['web', 'auth']) entry(witness, 'restart', { container });
  assert.deepEqual(witness.all('termination', 'podusher'), [], story);
  const { at } = entry(witness, 'released', { container: 'auth' });
  assert.ok(at <= witness.line('exit', 'web').at, `auth was let go before web had ended\n${story}`);
}

export async function proven(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'api-proven');
  await grant(namespace);
  const witness = await startAsking(context, namespace, { agent: HOOKLESS });
  await startRequest(namespace, REQUEST_MS);
  await witness.seen('request', 'web');
  await deletePod(namespace, 'pod');
  await untilStatus(namespace, 'the termination is told of', ({ drain, api }) => {
    return drain.evidence === 'deletionTimestamp' && api?.deletion?.graceMs === GRACE_MS;
  });
  await witness.ended();
  assertProven(witness);
}

export async function restarted(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'api-restarted');
  await grant(namespace);
  const livenessProbe = probeAt(WEB_PORT, 'live', { timeoutSeconds: 5, failureThreshold: 3 });
  const witness = await startAsking(context, namespace, { web: { more: { livenessProbe } } });
  await say(namespace, 'pod', WEB_PORT, '/set?kind=live&to=500');
  const isRestarted = async (): Promise<boolean> => {
    return containerOf(await podStatus(namespace, 'pod'), 'web').restarts === 1;
  };
  await until('web is restarted', isRestarted, { timeoutMs: RESTART_MS });
  const { lines, all } = witness;
  entry(witness, 'restart', { container: 'web' });
  for (const what of ['deletion', 'termination'])
    assert.deepEqual(all(what, 'podusher'), [], `${what} in\n${told(lines)}`);
  await podReady(namespace, 'pod');
}

/** Asserts that the deletion alone was enough, at once, and that the order was kept. */
function assertProven(witness: Witness): void {
  const { line, all } = witness;
  const story = told(witness.lines);
  const began = Math.min(...all('hook', 'podusher').map(({ at }) => at));
  const termination = entry(witness, 'termination');
  assert.equal(termination.more['evidence'], 'deletionTimestamp', story);
  assert.ok(termination.at - Math.max(began, entry(witness, 'deletion').at) < AT_ONCE_MS, story);
  assert.deepEqual(all('restart', 'podusher'), [], story);
  assert.ok(entry(witness, 'released', { container: 'web' }).at >= began + DRAIN_MIN_MS, story);
  assert.ok(line('sigterm', 'auth').at >= line('exit', 'web').at, story);
}

export async function notRecut(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'api-not-recut');
  const witness = await startUshered(context, namespace);
  const began = await cutShort(namespace, witness);
  const story = told(witness.lines);
  for (const container of ['web', 'auth']) {
    const afterMs = witness.line('sigterm', container).at - began;
    assert.ok(afterMs >= SHORT_MS - 1_000 && afterMs < SHORT_MS + LATE_MS, story);
  }
  assert.ok(witness.line('sigterm', 'auth').at < witness.line('exit', 'web').at, story);
  assert.equal(await endOfRequest(context, namespace), 'cut');
}

export async function recut(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'api-recut');
  await grant(namespace);
  const witness = await startAsking(context, namespace);
  const began = await cutShort(namespace, witness);
  const { line } = witness;
  const story = told(witness.lines);
  assert.equal(entry(witness, 'deletion').more['graceMs'], SHORT_MS, story);
  assert.equal(entry(witness, 'drained').more['because'], 'drain-max', story);
  assert.ok(entry(witness, 'released', { container: 'web' }).at <= line('sigterm', 'web').at, story);
  assert.ok(line('sigterm', 'auth').at >= line('exit', 'web').at, story);
  const over = entry(witness, 'exit');
  assert.ok(over.at >= line('exit', 'auth').at && over.at < began + SHORT_MS, story);
  assert.equal(await endOfRequest(context, namespace), 'cut');
}

/** Deletes the pod with a shorter grace period than a request in flight needs. @returns when the first hook came */
async function cutShort(namespace: string, witness: Witness): Promise<number> {
  await startRequest(namespace, LONG_REQUEST_MS);
  await witness.seen('request', 'web');
  await deletePod(namespace, 'pod', `--grace-period=${SHORT_MS / 1000}`);
  await witness.ended();
  await podGone(namespace, 'pod');
  return entry(witness, 'hook').at;
}
