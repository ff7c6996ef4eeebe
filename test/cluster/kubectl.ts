/** kubectl, on the cluster that is tested: ours, or that of `PODUSHER_TEST_KUBECONFIG`. */
import { join } from 'node:path';
import { KUBECONFIG } from './machine/place.ts';
import { processIdOf } from './machine/process-id.ts';
import { readState } from './machine/state.ts';
import { type RunOptions, run } from './run.ts';
import { until } from './wait.ts';

const DEADLINE_MS = 30_000;
/** A controller manager that has lost its API server asks again after half a minute, or a minute. */
const ACCOUNT_MS = 120_000;

const OTHER = process.env['PODUSHER_TEST_KUBECONFIG'];

/** Whether the cluster is ours, so that its nodes and programs can be reached, slowed and stopped. */
export const isOurs: boolean = !OTHER;

export type KubectlOptions = Partial<RunOptions>;

/**
 * Runs kubectl.
 *
 * @returns what it wrote to its standard output
 * @throws CommandFailed unless it ended with 0, by default in 30 s
 */
export function kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
  return run([...kubectlCommand(), ...args], { timeoutMs: DEADLINE_MS, ...options });
}

/** @returns what kubectl's own arguments are to follow */
export function kubectlCommand(): readonly string[] {
  if (OTHER) return ['kubectl', `--kubeconfig=${OTHER}`];
  const state = readState();
  if (state === null) throw new Error('No cluster is up: run "npm run cluster:up"');
  return [join(state.programs.kubernetes, 'kubectl'), `--kubeconfig=${KUBECONFIG}`];
}

/** Creates or changes objects: manifests as YAML, or as values. */
export async function apply(namespace: string, ...manifests: readonly (string | object)[]): Promise<void> {
  const texts = manifests.map(one => (typeof one === 'string' ? one : JSON.stringify(one)));
  await kubectl(['--namespace', namespace, 'apply', '--filename', '-'], { input: texts.join('\n---\n') });
}

/** @returns an object as the API has it, or a list of them; the caller knows its shape */
export async function get(namespace: string, ...what: readonly string[]): Promise<unknown> {
  return JSON.parse(await kubectl(['--namespace', namespace, 'get', ...what, '--output', 'json']));
}

/** Waits as `kubectl wait` does: `condition=Ready`, `delete`, `jsonpath={.status.phase}=Running`. */
export async function waitFor(
  namespace: string,
  what: string,
  condition: string,
  timeoutMs: number,
  ...more: readonly string[]
): Promise<void> {
  const wait = ['wait', what, `--for=${condition}`, `--timeout=${timeoutMs}ms`, ...more];
  await kubectl(['--namespace', namespace, ...wait], { timeoutMs: timeoutMs + DEADLINE_MS });
}

/** @returns what a container has written; `previous`: before its last restart */
export function podLogs(
  namespace: string,
  pod: string,
  container: string,
  previous = false,
): Promise<string> {
  return kubectl(['--namespace', namespace, 'logs', pod, '--container', container, `--previous=${previous}`]);
}

/** GETs a path of a pod by way of the API server. */
export function podGet(namespace: string, pod: string, port: number, path: string): Promise<string> {
  return kubectl(['get', '--raw', `/api/v1/namespaces/${namespace}/pods/${pod}:${port}/proxy${path}`]);
}

/** On a test's namespace: the process that made it, by its number and start time. */
export const RUN_LABEL = 'podusher.dev/run';

/** Waits until the namespace can be used: pods in it need its default service account. */
export async function createNamespace(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
  const { pid, startTime } = processIdOf(process.pid) ?? { pid: process.pid, startTime: 0 };
  const metadata = { name, labels: { ...labels, [RUN_LABEL]: `${pid}.${startTime}` } };
  await kubectl(['create', '--filename', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata }),
  });
  const account = async (): Promise<boolean> => (await get(name, 'serviceaccount', 'default')) !== null;
  await until(`namespace "${name}" has its service account`, account, { timeoutMs: ACCOUNT_MS });
}

/** Begins to delete a namespace with all that is in it, without waiting for anybody's grace. */
export async function beginToDelete(namespace: string): Promise<void> {
  const now = ['--grace-period=1', '--cascade=orphan', '--wait=false', '--ignore-not-found'];
  // Orphaned, or the garbage collector deletes the pods with all of their grace.
  const what = ['delete', 'deployments,replicasets,statefulsets,daemonsets,jobs,pods', '--all'];
  await kubectl(['--namespace', namespace, ...what, ...now]);
  await kubectl(['delete', 'namespace', namespace, '--wait=false', '--ignore-not-found']);
}

/** The same, and waits until it is gone. */
export async function deleteNamespace(name: string): Promise<void> {
  await beginToDelete(name);
  await kubectl(['delete', 'namespace', name, '--ignore-not-found'], { timeoutMs: 120_000 });
}
