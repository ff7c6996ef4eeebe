/** A pod with every kind of container is deleted. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { apply } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { containerOf, deletePod, eventsOf, type PodStatus, podReady, podStatus } from '../pod-status.ts';
import { hookAt, probeAt, recorder, recorderPod, say, startupAt } from '../recorders/recorder.ts';
import { follow, type Line, type Witness } from '../recorders/witness.ts';
import { until } from '../wait.ts';

/** So late that a machine with much to do is not taken for a Kubernetes that has changed. */
const LATE_MS = 3_000;

/** One hook waits until it is told: whichever waited for it would never begin. */
const INSTANT_MS = 10_000;
const API_MS = 30_000;

const SIDECARS = ['early', 'late'];
const REGULARS = ['web', 'slow', 'plain', 'failing', 'broken'];

/** `web` waits until it is told; `plain` has no hook; `failing` is answered 500; `broken` loses its connection. */
const POD = recorderPod(
  'pod',
  {},
  {
    terminationGracePeriodSeconds: 90,
    initContainers: [
      recorder({ name: 'early', port: 3001, leaveMs: 0, more: sidecar(3001, 'as=early') }),
      recorder({ name: 'late', port: 3002, leaveMs: 500, more: sidecar(3002, 'as=late') }),
    ],
    containers: [
      recorder({
        name: 'web',
        port: 3003,
        leaveMs: 0,
        more: {
          lifecycle: hookAt(3003, 'as=web&hold=told'),
          readinessProbe: probeAt(3003, 'ready'),
          startupProbe: startupAt(3003),
          livenessProbe: probeAt(3003, 'live', { failureThreshold: 3 }),
        },
      }),
      recorder({
        name: 'slow',
        port: 3004,
        leaveMs: 1_000,
        more: { lifecycle: hookAt(3004, 'as=slow&hold=1000') },
      }),
      recorder({ name: 'plain', port: 3005, leaveMs: 0, more: { readinessProbe: probeAt(3005, 'ready') } }),
      recorder({
        name: 'failing',
        port: 3006,
        leaveMs: 0,
        more: { lifecycle: hookAt(3006, 'as=failing&hold=500&end=500') },
      }),
      // A port that belongs to another container.
      recorder({
        name: 'broken',
        port: 3007,
        leaveMs: 0,
        more: { lifecycle: hookAt(3003, 'as=broken&hold=500&end=broken') },
      }),
    ],
  },
);

function sidecar(port: number, query: string): object {
  return { restartPolicy: 'Always', lifecycle: hookAt(port, query) };
}

/** What was seen of the pod's end. */
interface End extends Pick<Witness, 'line'> {
  readonly namespace: string;
  readonly address: string;
  /** The API's view when `plain` had ended, and `web` still waited. */
  readonly shown: PodStatus;
  readonly probesSince: (kind: string) => readonly Line[];
}

export async function deleted(context: TestContext): Promise<void> {
  const end = await endOfPod(context);
  await tellOrder(context, end);
  await tellHooks(context, end);
  await tellApi(context, end);
}

async function endOfPod(context: TestContext): Promise<End> {
  const namespace = await withNamespace(context, 'deleted');
  await apply(namespace, POD);
  await podReady(namespace, 'pod');
  const { address } = await podStatus(namespace, 'pod');
  const { all, line, listening, seen, ended } = follow(context, namespace, 'pod');
  await listening(...SIDECARS, ...REGULARS);
  await seen('probe', 'web', { kind: 'live' });
  await deletePod(namespace, 'pod');
  const hook = await seen('hook', 'web', { as: 'web' });
  await seen('exit', 'plain');
  const isTold = async (): Promise<boolean> => !containerOf(await podStatus(namespace, 'pod'), 'plain').ready;
  await until('a container that has ended is not ready', isTold, { timeoutMs: API_MS });
  const shown = await podStatus(namespace, 'pod');
  const probesSince = (kind: string): readonly Line[] =>
    all('probe', 'web', { kind }).filter(({ at }) => at > hook.at);
  // A liveness probe that went on would be among them.
  const late = (): readonly Line[] => probesSince('ready').filter(({ at }) => at > hook.at + LATE_MS);
  await until('four probes', () => late().length >= 4, { timeoutMs: API_MS });
  await seen('exit', 'slow');
  await say(namespace, 'pod', 3003, '/answer');
  await ended();
  return { namespace, address, line, shown, probesSince };
}

async function tellOrder(context: TestContext, { line }: End): Promise<void> {
  const answered = (as: string): number => line('hook-answered', as, { as }).at;
  const sigterm = (container: string): number => line('sigterm', container).at;
  const exit = (container: string): number => line('exit', container).at;

  await context.test('K1: all hooks begin at one instant, those of native sidecars too', () => {
    const own = ['early', 'late', 'web', 'slow', 'failing'].map(name => line('hook', name, { as: name }).at);
    const hooks = [...own, line('hook', 'web', { as: 'broken' }).at];
    assert.ok(Math.max(...hooks) - Math.min(...hooks) < INSTANT_MS, `the hooks began at ${hooks.join(', ')}`);
    assert.ok(Math.max(...hooks) < answered('web'));
  });

  await context.test('K2: a regular container gets SIGTERM when its own hook is answered', () => {
    assert.ok(sigterm('slow') >= answered('slow') && sigterm('slow') < answered('web'));
    assert.ok(sigterm('web') >= answered('web'));
    assert.ok(sigterm('plain') < answered('web'));
  });

  await context.test(
    'K2: native sidecars get SIGTERM after the regular ones, the last declared first',
    () => {
      const regularsOver = Math.max(...REGULARS.map(exit));
      for (const name of SIDECARS) assert.ok(sigterm(name) >= regularsOver, `${name} came too early`);
      assert.ok(sigterm('early') >= exit('late'));
    },
  );
}

async function tellHooks(context: TestContext, { namespace, address, line }: End): Promise<void> {
  const endOfWeb = line('hook-answered', 'web', { as: 'web' }).at;

  await context.test("K5: a hook's status is ignored; SIGTERM follows a 500 as any answer", async () => {
    const sigterm = line('sigterm', 'failing').at;
    assert.ok(sigterm >= line('hook-answered', 'failing').at && sigterm < endOfWeb);
    assert.deepEqual(await failedHooks(namespace, 'failing'), []);
  });

  await context.test('K5: a broken connection fails the hook, and SIGTERM comes at once', async () => {
    const sigterm = line('sigterm', 'broken').at;
    assert.ok(sigterm >= line('hook-answered', 'web', { as: 'broken' }).at && sigterm < endOfWeb);
    await until('an event tells of it', async () => (await failedHooks(namespace, 'broken')).length === 1, {
      timeoutMs: API_MS,
    });
  });

  await context.test(
    "K12: a hook is a GET of the pod's address, any container's port, with its query",
    () => {
      const { method, url, headers } = line('hook', 'web', { as: 'web' }).more;
      assert.deepEqual([method, url], ['GET', '/hook?as=web&hold=told']);
      assert.equal(Object(headers).host, `${address}:3003`);
      assert.equal(line('hook', 'web', { as: 'broken' }).more['url'], '/hook?as=broken&hold=500&end=broken');
    },
  );
}

async function tellApi(context: TestContext, { line, shown, probesSince }: End): Promise<void> {
  await context.test('K7: while a pod terminates, the API shows no exit: only `ready` changes', () => {
    const { ready, state, ended } = containerOf(shown, 'plain');
    assert.deepEqual({ ready, state, ended }, { ready: false, state: 'running', ended: undefined });
    assert.ok(line('exit', 'plain').at < line('hook-answered', 'web', { as: 'web' }).at);
  });

  await context.test('K14: readiness probes go on while a pod terminates, liveness probes stop', () => {
    assert.ok(containerOf(shown, 'web').ready);
    const [first, last] = [probesSince('ready')[0], probesSince('ready').at(-1)];
    assert.ok(first !== undefined && last !== undefined && last.at - first.at > 2_000);
    const begun = line('hook', 'web', { as: 'web' }).at;
    assert.deepEqual(
      probesSince('live').filter(({ at }) => at > begun + LATE_MS),
      [],
    );
  });
}

async function failedHooks(namespace: string, container: string): Promise<readonly string[]> {
  const events = await eventsOf(namespace, 'pod', container);
  return events.map(({ reason }) => reason).filter(reason => reason === 'FailedPreStopHook');
}
