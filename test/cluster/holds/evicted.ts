/** An emptyDir over its limit: the kubelet gives the pod a second, and tells nobody before. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { withNamespace } from '../namespace.ts';
import { eventsOf } from '../pod-status.ts';
import { say } from '../recorders/recorder.ts';
import { told } from '../recorders/witness.ts';
import { endOfRequest, entry, startRequest, startUshered } from '../ushered/ending.ts';
import { WEB_PORT } from '../ushered/ushered.ts';

/** The kubelet measures volumes once a minute, and looks each 10 s. */
const EVICTION_MS = 180_000;
const LATE_MS = 15_000;

export async function evicted(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'evicted');
  const small = { name: 'small', emptyDir: { sizeLimit: '1Mi' } };
  const witness = await startUshered(context, namespace, {
    web: { more: { volumeMounts: [{ name: 'small', mountPath: '/small' }] } },
    volumes: [small],
  });
  // At once: a volume that was small when it was first measured is measured again in a minute or two.
  await say(namespace, 'pod', WEB_PORT, '/fill?file=/small/much');
  await startRequest(namespace, EVICTION_MS);
  await witness.seen('request', 'web');
  const { at } = await witness.seen('hook', 'podusher', {}, EVICTION_MS);
  await witness.ended();
  const story = told(witness.lines);
  assert.equal(entry(witness, 'termination').more['evidence'], 'own hook and another', story);
  // Nobody is let go before the kubelet's own time, though it is far shorter than what the agent was told.
  const sigterm = witness.line('sigterm', 'web').at;
  const before = witness.all('released', 'podusher').filter(one => one.at < sigterm);
  assert.deepEqual(before, [], story);
  assert.ok(sigterm - at < LATE_MS, story);
  assert.equal(await endOfRequest(context, namespace), 'cut');
  const reasons = (await eventsOf(namespace, 'pod')).map(({ reason }) => reason);
  assert.ok(reasons.includes('Evicted'), reasons.join(', '));
}
