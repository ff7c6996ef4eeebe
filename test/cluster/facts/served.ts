/** Two pods of a Service are deleted, one after the other. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { apply, get, kubectl } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { deletePod, podReady } from '../pod-status.ts';
import { hookAt, probeAt, recorder, recorderPod, say } from '../recorders/recorder.ts';
import { follow, type Line } from '../recorders/witness.ts';
import { until } from '../wait.ts';

const PORT = 3001;
const PROXIES_MS = 60_000;
const REQUESTS = 20;

/** A kubelet that had heard of the shorter grace period would have sent SIGTERM long before the last of them. */
const SHORTER_S = 2;
const PROBES = 8;

const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: PORT }] },
};

/** A pod of the Service, whose hook waits until it is told. */
function webPod(name: string): object {
  const more = { lifecycle: hookAt(PORT, 'as=web&hold=told'), readinessProbe: probeAt(PORT, 'ready') };
  const web = recorder({ name, port: PORT, leaveMs: 0, watches: true, more });
  const metadata = { labels: { app: 'web' }, annotations: { edited: 'no' } };
  return recorderPod(name, metadata, { terminationGracePeriodSeconds: 120, containers: [web] });
}

/** Asks the Service from within the cluster, each time on a new connection. */
const ASK = `(async () => {
  const names = [];
  for (let i = 0; i < ${REQUESTS}; i++) {
    const answer = fetch('http://' + process.argv[1] + ':${PORT}/', {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(2000),
    });
    names.push(await answer.then(one => one.text(), () => 'nobody'));
  }
  console.log(JSON.stringify(names));
})();`;

/** @returns who answered, each named once, by their names */
async function answers(namespace: string): Promise<readonly string[]> {
  const { spec } = Object(await get(namespace, 'service', 'web'));
  const ask = ['exec', 'client', '--', '/usr/local/bin/node', '-e', ASK, spec.clusterIP];
  const names: unknown = JSON.parse(await kubectl(['--namespace', namespace, ...ask], { timeoutMs: 60_000 }));
  return [...new Set(Array.isArray(names) ? names.map(String) : [])].toSorted((a, b) => a.localeCompare(b));
}

/** @returns what the built-in controller says of a pod; undefined when it is in no slice */
async function conditionsOf(namespace: string, pod: string): Promise<unknown> {
  const { items } = Object(
    await get(namespace, 'endpointslices', '--selector=kubernetes.io/service-name=web'),
  );
  const slices: unknown[] = items;
  const endpoints: unknown[] = slices.flatMap(slice => Object(slice).endpoints ?? []);
  return endpoints.map(Object).find(({ targetRef }) => targetRef.name === pod)?.conditions;
}

async function untilAnswering(namespace: string, names: readonly string[]): Promise<void> {
  await until(
    `${names.join(', ')} and nobody else answer`,
    async () => (await answers(namespace)).join() === names.join(),
    { timeoutMs: PROXIES_MS },
  );
}

export async function served(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'served');
  const client = recorderPod(
    'client',
    {},
    { containers: [recorder({ name: 'client', port: PORT, leaveMs: 0 })] },
  );
  await apply(namespace, SERVICE, webPod('goes'), webPod('stays'), client);
  for (const name of ['goes', 'stays', 'client']) await podReady(namespace, name);
  const { all, line, lines, seen, ended } = follow(context, namespace, 'goes');
  await untilAnswering(namespace, ['goes', 'stays']);
  const probes = (): number => all('probe', 'goes').length;

  await context.test(
    "K16: an annotation's edit reaches its file by a change of what `..data` leads to",
    async () => {
      await kubectl(['--namespace', namespace, 'annotate', 'pod', 'goes', '--overwrite', 'edited=once']);
      await until('the file is edited', () => isEdited(all('file', 'goes', { file: '..data' }), 'once'), {
        timeoutMs: 90_000,
      });
    },
  );

  await deletePod(namespace, 'goes');
  await seen('hook', 'goes');

  await context.test(
    'K6: a pod that terminates is not ready in its slices, but serving and terminating',
    async () => {
      const terminating = { ready: false, serving: true, terminating: true };
      await until(
        'the slice tells',
        async () => assert.deepEqual(await conditionsOf(namespace, 'goes'), terminating) === undefined,
        { timeoutMs: PROXIES_MS },
      );
    },
  );

  await context.test('K6: a pod that terminates gets no new connections while another is ready', () =>
    untilAnswering(namespace, ['stays']),
  );

  await context.test(
    'K9: a second deletion with a shorter grace period does not reach a hook that runs',
    async () => {
      await deletePod(namespace, 'goes', `--grace-period=${SHORTER_S}`);
      const before = probes();
      await until('the kubelet has probed on', () => probes() >= before + PROBES, { timeoutMs: 60_000 });
      assert.deepEqual([...all('sigterm', 'goes'), ...all('hook-left', 'goes')], []);
    },
  );

  await context.test('K10: an edit while the pod terminates does not reach the file', async () => {
    await kubectl(['--namespace', namespace, 'annotate', 'pod', 'goes', '--overwrite', 'edited=twice']);
    const before = probes();
    await until('the kubelet has probed on', () => probes() >= before + PROBES, { timeoutMs: 60_000 });
    assert.ok(!isEdited(all('file', 'goes'), 'twice'));
  });

  await deletePod(namespace, 'stays');
  await context.test('K6: pods that terminate get new connections when no other is left', () =>
    untilAnswering(namespace, ['goes', 'stays']),
  );

  await say(namespace, 'goes', PORT, '/answer');
  await ended();
  await context.test('K9: SIGTERM comes when the hook is answered', () => {
    assert.ok(line('sigterm', 'goes').at >= line('hook-answered', 'goes').at, JSON.stringify(lines));
  });
  await say(namespace, 'stays', PORT, '/answer');
}

function isEdited(files: readonly Line[], how: string): boolean {
  return files.some(({ more: { text } }) => String(text).includes(`edited="${how}"`));
}
