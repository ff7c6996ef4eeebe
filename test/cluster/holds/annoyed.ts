/** What belongs to a pod is taken away or spoilt while it terminates. */
import type { TestContext } from 'node:test';
import { apply, kubectl } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { deletePod, podReady } from '../pod-status.ts';
import { startRequest, startUshered } from '../ushered/ending.ts';
import { untilStatus } from '../ushered/status.ts';
import { assertWentWell, REQUEST_MS } from '../ushered/terminating.ts';
import { WEB_PORT } from '../ushered/ushered.ts';

const NONSENSE = [
  'depends-on.podusher.dev/web=nobody',
  'podusher.dev/drain-min=soon',
  'podusher.dev/grace-period=',
];

export async function serviceDeleted(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'service-deleted');
  const spec = { selector: { app: 'web' }, ports: [{ port: WEB_PORT }] };
  await apply(namespace, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec });
  const witness = await startUshered(context, namespace, { labels: { app: 'web' } });
  await startRequest(namespace, REQUEST_MS);
  await witness.seen('request', 'web');
  await deletePod(namespace, 'pod');
  await witness.seen('termination', 'podusher');
  await kubectl(['--namespace', namespace, 'delete', 'service', 'web']);
  await witness.ended();
  await assertWentWell(context, namespace, witness);
}

export async function annotatedNonsense(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'nonsense');
  const witness = await startUshered(context, namespace);
  await annotate(namespace, NONSENSE);
  await untilStatus(namespace, 'all problems are told', ({ settings }) => {
    return settings.problems.length === NONSENSE.length;
  });
  await podReady(namespace, 'pod');
  await witness.seen('log', 'podusher', { msg: 'The annotations are bad and not in effect' });
  await startRequest(namespace, REQUEST_MS);
  await witness.seen('request', 'web');
  await deletePod(namespace, 'pod');
  await witness.seen('termination', 'podusher');
  // No pod that terminates hears of it (K10), and so it must not matter.
  await annotate(namespace, ['podusher.dev/containers=other']);
  await witness.ended();
  await assertWentWell(context, namespace, witness);
}

function annotate(namespace: string, annotations: readonly string[]): Promise<string> {
  return kubectl(['--namespace', namespace, 'annotate', 'pod', 'pod', '--overwrite', ...annotations]);
}
