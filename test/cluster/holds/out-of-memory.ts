/** A container takes more memory than it may: no hook runs, and nobody waits for it. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { withNamespace } from '../namespace.ts';
import { containerOf, deletePod, podReady, podStatus } from '../pod-status.ts';
import { say } from '../recorders/recorder.ts';
import { told } from '../recorders/witness.ts';
import { endOfRequest, entry, releasedBecause, startRequest, startUshered } from '../ushered/ending.ts';
import { AUTH_PORT, DRAIN_MIN_MS } from '../ushered/ushered.ts';
import { until } from '../wait.ts';

const KILLED_MS = 60_000;
const MEMORY = { resources: { limits: { memory: '160Mi' } } };
const LATE_MS = 10_000;

export async function outOfMemory(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'out-of-memory');
  const witness = await startUshered(context, namespace, { auth: { more: MEMORY } });
  const { all, seen } = witness;
  const verdict = (): unknown => all('check', 'podusher', { check: 'auth' }).at(-1)?.more['outcome'];
  await kill(namespace);
  const runsAgain = async (): Promise<boolean> => {
    const { restarts, state } = await auth(namespace);
    return restarts === 1 && state === 'running';
  };
  await until('it runs again', runsAgain, { timeoutMs: KILLED_MS });
  await until('it is ready by its verdict', () => verdict() === 'passed', { timeoutMs: KILLED_MS });
  await podReady(namespace, 'pod');

  await context.test('it is started again, the pod is Ready again, and no hook runs', async () => {
    const { restarts, ended } = await auth(namespace);
    assert.deepEqual([restarts, ended?.reason], [1, 'OOMKilled']);
    assert.deepEqual(all('hook', 'podusher'), []);
  });

  await startRequest(namespace, 50_000);
  await seen('request', 'web');
  // It waits now before it is started once more.
  await kill(namespace);
  await until('it is down', async () => (await auth(namespace)).state !== 'running', {
    timeoutMs: KILLED_MS,
  });
  await until('it is not ready by its verdict', () => verdict() === 'failed', { timeoutMs: KILLED_MS });
  await deletePod(namespace, 'pod');
  await witness.ended();

  await context.test(
    'those that depend on it are let go at drain-min, and the agent when they have gone',
    async () => {
      const story = told(witness.lines);
      const began = entry(witness, 'hook').at;
      assert.deepEqual(all('hook', 'podusher', { container: 'auth' }), [], story);
      assert.equal(releasedBecause(witness, 'web'), 'dependency gone', story);
      const releasedMs = entry(witness, 'released', { container: 'web' }).at - began;
      assert.ok(releasedMs >= DRAIN_MIN_MS && releasedMs < DRAIN_MIN_MS + LATE_MS, story);
      const leftMs = entry(witness, 'exit').at - witness.line('exit', 'web').at;
      assert.ok(leftMs < LATE_MS, story);
      assert.equal(await endOfRequest(context, namespace), 'cut');
    },
  );
}

async function kill(namespace: string): Promise<void> {
  await say(namespace, 'pod', AUTH_PORT, '/hog').catch(() => {});
}

async function auth(namespace: string): Promise<ReturnType<typeof containerOf>> {
  return containerOf(await podStatus(namespace, 'pod'), 'auth');
}
