/** What became of an ushered pod, told from its logs. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { apply } from '../kubectl.ts';
import { podReady, podStatus } from '../pod-status.ts';
import { say } from '../recorders/recorder.ts';
import { follow, type Line, told, type Witness } from '../recorders/witness.ts';
import { clientPod, DRAIN_MIN_MS, GRACE_MS, type UsheredOptions, usheredPod, WEB_PORT } from './ushered.ts';

/** Starts a pod, `pod`, and follows it once it is Ready. */
export async function startUshered(
  context: TestContext,
  namespace: string,
  options: UsheredOptions = {},
): Promise<Witness> {
  await apply(namespace, usheredPod('pod', options));
  await podReady(namespace, 'pod');
  return follow(context, namespace, 'pod');
}

/** Begins a request to `web` from another pod, `client`, which is answered after so long. */
export async function startRequest(namespace: string, ms: number, spec: object = {}): Promise<void> {
  await apply(namespace, clientPod(spec));
  await podReady(namespace, 'client');
  const { address } = await podStatus(namespace, 'pod');
  const url = encodeURIComponent(`http://${address}:${WEB_PORT}/slow?ms=${ms}`);
  await say(namespace, 'client', WEB_PORT, `/ask?url=${url}`);
}

/** @returns how that request has ended: `answered`, or cut */
export async function endOfRequest(context: TestContext, namespace: string): Promise<'answered' | 'cut'> {
  const { more } = await follow(context, namespace, 'client').seen('told', 'client');
  return more['failed'] === undefined ? 'answered' : 'cut';
}

/** @returns the agent's entry of the timeline; fails the test without one */
export function entry({ line }: Witness, type: string, more: object = {}): Line {
  return line(type, 'podusher', more);
}

/** @returns why the agent released a container; undefined when it did not */
export function releasedBecause({ all }: Witness, container: string): unknown {
  return all('released', 'podusher', { container })[0]?.more['because'];
}

/**
 * Asserts the whole sequence, within the grace period: all hooks, a termination, `drain-min`, `web` and its SIGTERM,
 * then `auth`, then the agent.
 *
 * @returns when the first hook came
 */
export function assertWholeSequence(witness: Witness, graceMs: number = GRACE_MS): number {
  const { all, line, lines } = witness;
  const story = told(lines);
  const released = (container: string): Line => entry(witness, 'released', { container });
  const began = Math.min(...all('hook', 'podusher').map(({ at }) => at));
  const { at: settled, more } = entry(witness, 'termination');
  assert.equal(more['evidence'], 'own hook and another', story);
  for (const container of ['web', 'auth', 'podusher']) {
    assert.ok(entry(witness, 'hook', { container }).at <= settled + LATE_HOOK_MS, story);
  }
  assert.equal(all('termination', 'podusher').length, 1, story);
  assert.ok(released('web').at >= began + DRAIN_MIN_MS, story);
  assert.equal(releasedBecause(witness, 'web'), 'drain over', story);
  assert.ok(line('sigterm', 'web').at >= released('web').at, story);
  assert.equal(releasedBecause(witness, 'auth'), 'dependents stopped', story);
  assert.ok(released('auth').at >= line('exit', 'web').at, story);
  assert.ok(line('sigterm', 'auth').at >= released('auth').at, story);
  assert.equal(releasedBecause(witness, 'podusher'), 'all others stopped', story);
  const { at: over } = entry(witness, 'exit');
  assert.ok(over >= line('exit', 'auth').at && over <= began + graceMs, story);
  return began;
}

/** Two hooks make a termination; a third may come a moment later. */
const LATE_HOOK_MS = 5_000;
