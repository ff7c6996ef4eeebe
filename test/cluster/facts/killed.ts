/** A pod whose containers never leave, and whose hooks take all of its grace period, or most of it. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { apply } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { deletePod, podReady } from '../pod-status.ts';
import { hookAt, recorder, recorderPod } from '../recorders/recorder.ts';
import { follow } from '../recorders/witness.ts';

const GRACE_MS = 5_000;
const SHORT_OF_IT_MS = 4_000;

/** At least this long it lives after SIGTERM; the recorder beats four times a second. */
const LEAST_MS = 2_000;
const BEAT_MS = 1_000;

/** More than that is not the machine's doing. */
const LATE_MS = 15_000;

export async function killed(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'killed');
  const holds = { lifecycle: hookAt(3001, 'as=holds&hold=told') };
  const uses = { lifecycle: hookAt(3002, `as=uses&hold=${SHORT_OF_IT_MS}`) };
  const containers = [
    recorder({ name: 'holds', port: 3001, more: holds }),
    recorder({ name: 'uses', port: 3002, more: uses }),
  ];
  const spec = { terminationGracePeriodSeconds: GRACE_MS / 1000, containers };
  await apply(namespace, recorderPod('pod', {}, spec));
  await podReady(namespace, 'pod');
  const { all, line, listening, ended } = follow(context, namespace, 'pod');
  await listening('holds', 'uses');
  await deletePod(namespace, 'pod');
  await ended();
  const livedOn = (name: string): number => (all('alive', name).at(-1)?.at ?? 0) - line('sigterm', name).at;

  await context.test(
    'K3: hooks use up the grace period: at its end SIGTERM comes without their answer',
    () => {
      const afterMs = line('sigterm', 'holds').at - line('hook', 'holds').at;
      assert.ok(afterMs > GRACE_MS - BEAT_MS && afterMs < GRACE_MS + LATE_MS, `after ${afterMs} ms`);
    },
  );

  await context.test(
    'K3: a hook that is not answered in time is abandoned: its connection stays open',
    () => {
      const left = all('hook-left', 'holds');
      assert.ok(left.every(({ at }) => at > line('sigterm', 'holds').at + LEAST_MS - BEAT_MS));
    },
  );

  await context.test('K3: whatever the hook has left of it, SIGKILL comes 2 s after SIGTERM', () => {
    for (const name of ['holds', 'uses']) {
      const ms = livedOn(name);
      assert.ok(ms > LEAST_MS - BEAT_MS && ms < LEAST_MS + LATE_MS, `${name} lived on for ${ms} ms`);
    }
  });
}
