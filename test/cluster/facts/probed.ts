/** One pod whose answers to the kubelet's probes change; at last one of its containers ends well. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { apply } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { containerOf, eventsOf, podReady, podStatus } from '../pod-status.ts';
import { probeAt, recorder, recorderPod, say } from '../recorders/recorder.ts';
import { follow } from '../recorders/witness.ts';
import { until } from '../wait.ts';

const VERDICT_MS = 30_000;
const PROBES = 4;

export async function probed(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'probed');
  const patient = { readinessProbe: probeAt(3002, 'patient', { failureThreshold: 2 }) };
  const containers = [
    recorder({ name: 'web', port: 3001, leaveMs: 0, more: { readinessProbe: probeAt(3001, 'ready') } }),
    recorder({ name: 'patient', port: 3002, leaveMs: 0, more: patient }),
    recorder({ name: 'ends', port: 3003, leaveMs: 0 }),
  ];
  await apply(namespace, recorderPod('pod', {}, { restartPolicy: 'Never', containers }));
  await podReady(namespace, 'pod');
  const { all } = follow(context, namespace, 'pod');
  const isReady = async (name: string): Promise<boolean> =>
    containerOf(await podStatus(namespace, 'pod'), name).ready;
  const answer = (to: string): Promise<void> => say(namespace, 'pod', 3001, `/set?kind=ready&to=${to}`);
  const becomes = (ready: boolean): Promise<void> =>
    until(`ready is ${ready}`, async () => (await isReady('web')) === ready, { timeoutMs: VERDICT_MS });
  const probesOf = (name: string): readonly unknown[] => all('probe', name).map(({ more }) => more['port']);

  const probedOn = async (): Promise<void> => {
    const before = probesOf('web').length;
    await until('some probes', () => probesOf('web').length >= before + PROBES, { timeoutMs: VERDICT_MS });
  };

  await context.test('K13: each probe comes on a connection of its own', async () => {
    await probedOn();
    assert.equal(new Set(probesOf('web')).size, probesOf('web').length);
  });

  await context.test('K13: 200 to 399 is success, 400 is failure', async () => {
    await answer('400');
    await becomes(false);
    await answer('399');
    await becomes(true);
    await answer('500');
    await becomes(false);
  });

  await context.test('K13: a redirect to another host is success with a warning', async () => {
    await answer('elsewhere');
    await becomes(true);
    await until('an event tells of it', () => warned(namespace), { timeoutMs: VERDICT_MS });
  });

  await context.test('K13: an answer that does not begin within the time limit is failure', async () => {
    await answer('never');
    await becomes(false);
  });

  await context.test('K13: an answer that begins in time and does not end changes nothing', async () => {
    await answer('late-body');
    await probedOn();
    assert.equal(await isReady('web'), false);
    await answer('200');
    await becomes(true);
    await answer('late-body');
    await probedOn();
    assert.equal(await isReady('web'), true);
  });

  await context.test('K13: a body of 100 kB is success: what is past 10 KiB is not read', async () => {
    await answer('500');
    await becomes(false);
    await answer('long-body');
    await becomes(true);
  });

  await context.test('K13: a threshold counts results in a row', async () => {
    const { readySince } = await podStatus(namespace, 'pod');
    const before = probesOf('patient').length;
    await say(namespace, 'pod', 3002, '/set?kind=patient&to=flapping');
    const flapped = (): boolean => probesOf('patient').length >= before + 2 * PROBES;
    await until('it has flapped', flapped, { timeoutMs: VERDICT_MS });
    assert.equal((await podStatus(namespace, 'pod')).readySince, readySince);
    await say(namespace, 'pod', 3002, '/set?kind=patient&to=500');
    await until('it is not ready', async () => !(await isReady('patient')), { timeoutMs: VERDICT_MS });
    await say(namespace, 'pod', 3002, '/set?kind=patient&to=200');
    await podReady(namespace, 'pod');
  });

  await context.test('K15: a pod is not Ready when one of its containers has ended, even well', async () => {
    await say(namespace, 'pod', 3003, '/exit?code=0').catch(() => {});
    await until('the pod is not Ready', async () => !(await podStatus(namespace, 'pod')).ready, {
      timeoutMs: VERDICT_MS,
    });
    const status = await podStatus(namespace, 'pod');
    const { state, ended } = containerOf(status, 'ends');
    assert.deepEqual([state, ended?.exitCode], ['terminated', 0]);
    assert.ok(containerOf(status, 'web').ready && containerOf(status, 'patient').ready);
  });
}

async function warned(namespace: string): Promise<boolean> {
  return (await eventsOf(namespace, 'pod', 'web')).some(({ reason }) => reason === 'ProbeWarning');
}
