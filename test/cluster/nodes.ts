/** Doing things to the nodes of our own cluster; what a test stops it has started again when it ends. */
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { kubectl } from './kubectl.ts';
import { apiServer, controllerManager, etcdService, scheduler } from './machine/control-plane.ts';
import {
  configureKubelet,
  configureProxy,
  containerd,
  isProxy,
  isUsualKubelet,
  kubelet,
  kubeProxy,
} from './machine/node.ts';
import type { KubeletOptions, ProxySpeed } from './machine/node-config.ts';
import { NODES, type NodeName, type NodePlace } from './machine/place.ts';
import type { Programs } from './machine/programs.ts';
import { isRunning, pause, resume, type Service, start, stop } from './machine/service.ts';
import { inSpace } from './machine/space.ts';
import { readState } from './machine/state.ts';
import { until } from './wait.ts';

export type { NodeName } from './machine/place.ts';

/** `kubelet@node-a`; the control plane's by their names alone. */
export type ServiceName =
  | `${'kubelet' | 'containerd' | 'kube-proxy'}@${NodeName}`
  | (typeof CONTROL_PLANE_NAMES)[number];

const COMMAND_MS = 30_000;
const BACK_MS = 120_000;
const HEALTH_MS = 1_000;

const ALL: readonly NodeName[] = NODES.map(({ name }) => name);

/** Runs a command on a node, in its network and with its files. */
export function nodeExec(
  node: NodeName,
  command: readonly string[],
  timeoutMs: number = COMMAND_MS,
): Promise<string> {
  return inSpace(node, command, { timeoutMs });
}

/** Ends a program and starts it again; returns when it runs, which is not yet when it answers. */
export async function restartService(name: ServiceName): Promise<void> {
  await stop(serviceOf(name));
  await start(serviceOf(name));
}

/** Stops a program, by SIGTERM or SIGKILL, until the test ends. */
export async function stopService(
  context: TestContext,
  name: ServiceName,
  signal: 'TERM' | 'KILL' = 'TERM',
): Promise<void> {
  atEnd(context, () => startService(name));
  await stop(serviceOf(name), signal);
}

/** Starts what was stopped; the API server answers when this returns. */
export async function startService(name: ServiceName): Promise<void> {
  await start(serviceOf(name));
  if (name === 'kube-apiserver' || name === 'etcd') await apiAnswers();
}

/** Makes a program answer nobody, without ending it, until the test ends or it is resumed. */
export async function pauseService(context: TestContext, name: ServiceName): Promise<void> {
  atEnd(context, () => resumeService(name));
  await pause(serviceOf(name));
}

async function resumeService(name: ServiceName): Promise<void> {
  await resume(serviceOf(name));
  if (name === 'kube-apiserver' || name === 'etcd') await apiAnswers();
}

/** Makes the kube-proxies of all nodes, or of these, as slow as in a large cluster, until the test ends. */
export async function slowProxy(context: TestContext, names: readonly NodeName[] = ALL): Promise<void> {
  atEnd(context, () => setProxy('usual', names));
  await setProxy('slow', names);
}

/** Restarts kube-proxies with these settings; done when they have told the kernel. */
export async function setProxy(speed: ProxySpeed, names: readonly NodeName[] = ALL): Promise<void> {
  for (const name of names) {
    await configureProxy(nodeOf(name), speed);
    await restartProxy(name);
  }
}

/** Starts a kube-proxy anew: it tells the kernel all there is, and a slow one then nothing for its while. */
export async function restartProxy(name: NodeName): Promise<void> {
  await restartService(`kube-proxy@${name}`);
  const healthz = `http://${nodeOf(name).address}:10256/healthz`;
  const isSynced = async (): Promise<boolean> => {
    const answer = await fetch(healthz, { signal: AbortSignal.timeout(HEALTH_MS) });
    await answer.body?.cancel();
    return answer.ok;
  };
  await until(`kube-proxy on ${name} has told the kernel`, isSynced, { timeoutMs: BACK_MS });
}

/** Restarts a kubelet with these settings. */
export async function setKubelet(name: NodeName, options: KubeletOptions = {}): Promise<void> {
  await configureKubelet(nodeOf(name), options);
  await restartService(`kubelet@${name}`);
}

/** Has every program run and answer again, as it is configured usually, whoever stopped, paused or changed it. */
export async function allProgramsRun(): Promise<void> {
  const onNodes = NODES.flatMap(({ name }) =>
    (['containerd', 'kubelet', 'kube-proxy'] as const).map(program => `${program}@${name}` as const),
  );
  for (const name of [...CONTROL_PLANE_NAMES, ...onNodes]) {
    if (isRunning(serviceOf(name))) await resume(serviceOf(name));
    await start(serviceOf(name));
  }
  await apiAnswers();
  for (const node of NODES) {
    if (!(await isUsualKubelet(node))) await setKubelet(node.name);
    if (!(await isProxy(node, 'usual'))) await setProxy('usual', [node.name]);
  }
}

async function apiAnswers(): Promise<void> {
  await until('the API server is ready', isApiReady, { timeoutMs: BACK_MS });
}

async function isApiReady(): Promise<boolean> {
  return (await kubectl(['get', '--raw', '/readyz'])) === 'ok';
}

/** @returns where a node is. */
export function nodeOf(name: NodeName): NodePlace {
  const node = NODES.find(one => one.name === name);
  if (node === undefined) throw new Error(`There is no node "${name}"`);
  return node;
}

/** In the order in which they start. */
const CONTROL_PLANE_NAMES = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

const CONTROL_PLANE: Readonly<Record<string, (programs: Programs) => Service>> = {
  etcd: etcdService,
  'kube-apiserver': apiServer,
  'kube-controller-manager': controllerManager,
  'kube-scheduler': scheduler,
};

const ON_NODES: Readonly<Record<string, (node: NodePlace, programs: Programs) => Service>> = {
  containerd,
  kubelet,
  'kube-proxy': kubeProxy,
};

function serviceOf(name: ServiceName): Service {
  const { programs } = readState() ?? {};
  if (programs === undefined) throw new Error('No cluster is up: run "npm run cluster:up"');
  const [program = '', on] = name.split('@');
  const node = NODES.find(one => one.name === on);
  const service =
    node === undefined ? CONTROL_PLANE[program]?.(programs) : ON_NODES[program]?.(node, programs);
  if (service === undefined) throw new Error(`There is no "${name}"`);
  return service;
}
