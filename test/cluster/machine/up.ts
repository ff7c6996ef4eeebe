/** Bringing the cluster up, from programs that are built. */
import { attempt, run } from '../run.ts';
import { type Say, step } from '../say.ts';
import { all, until } from '../wait.ts';
import { makeCgroups } from './cgroups.ts';
import { apiServer, controllerManager, etcdService, scheduler } from './control-plane.ts';
import { makeKeys } from './keys.ts';
import { connect } from './network.ts';
import { containerd, kubelet, kubeProxy, prepareNode } from './node.ts';
import { KUBECONFIG, NODES, type NodePlace, SPACES } from './place.ts';
import type { Programs } from './programs.ts';
import { mustRun, start } from './service.ts';
import { inSpace, openSpace } from './space.ts';

const COMMAND_MS = 30_000;
const READY_MS = 90_000;

export interface UpOptions {
  readonly programs: Programs;
  /** An archive with the image that holds a pod's network open. */
  readonly pauseImage: string;
  readonly signal: AbortSignal;
  readonly say: Say;
}

/** Brings all of it up, in the cluster's folder, which is there and empty, and waits until both nodes are Ready. */
export async function bringUp({ programs, pauseImage, signal, say }: UpOptions): Promise<void> {
  await step(say, 'Namespaces, network and keys', async () => {
    await all(SPACES.map(openSpace));
    await all([connect(), makeKeys(), makeCgroups()]);
  });
  await step(say, 'Control plane', () => startControlPlane(programs, signal));
  await step(say, 'Nodes', async () => {
    await all(NODES.map(node => startNode(node, programs, pauseImage, signal)));
    await nodesReady(programs, signal);
  });
}

async function startControlPlane(programs: Programs, signal: AbortSignal): Promise<void> {
  const api = apiServer(programs);
  await start(etcdService(programs));
  await start(api);
  await until('the API server is ready', () => isReady(api, programs), { timeoutMs: READY_MS, signal });
  await start(controllerManager(programs));
  await start(scheduler(programs));
}

async function isReady(api: ReturnType<typeof apiServer>, programs: Programs): Promise<boolean> {
  mustRun(api);
  const ready = await attempt(kubectl(programs, ['get', '--raw', '/readyz']), { timeoutMs: COMMAND_MS });
  return ready.status === 0;
}

async function startNode(
  node: NodePlace,
  programs: Programs,
  pauseImage: string,
  signal: AbortSignal,
): Promise<void> {
  await prepareNode(node);
  const runtime = containerd(node);
  await start(runtime);
  const answers = async (): Promise<boolean> => {
    mustRun(runtime);
    await inSpace(node.name, ['ctr', 'version'], { timeoutMs: COMMAND_MS });
    return true;
  };
  await until(`containerd answers on ${node.name}`, answers, { timeoutMs: READY_MS, signal });
  await importImage(node, pauseImage);
  await start(kubelet(node, programs));
  await start(kubeProxy(node, programs));
}

/** Puts the images of an archive where the kubelet finds them. */
export async function importImage({ name }: NodePlace, archive: string): Promise<void> {
  await inSpace(name, ['ctr', '--namespace', 'k8s.io', 'images', 'import', archive], { timeoutMs: 120_000 });
}

/** Ready, and nobody is kept from them: a new node is tainted until it has a network. */
async function nodesReady(programs: Programs, signal: AbortSignal): Promise<void> {
  const ready = async (): Promise<boolean> => {
    for (const node of NODES) mustRun(kubelet(node, programs));
    const listed: unknown = JSON.parse(
      await run(kubectl(programs, ['get', 'nodes', '-o', 'json']), { timeoutMs: COMMAND_MS }),
    );
    const nodes: unknown[] = Object(listed).items;
    return nodes.filter(isUsable).length === NODES.length;
  };
  await until('both nodes are Ready', ready, { timeoutMs: READY_MS, signal });
}

function isUsable(node: unknown): boolean {
  const { spec, status } = Object(node);
  const conditions: unknown[] = status.conditions ?? [];
  const ready = conditions.map(Object).find(({ type }) => type === 'Ready');
  return ready?.status === 'True' && spec.taints === undefined;
}

function kubectl({ kubernetes }: Programs, args: readonly string[]): readonly string[] {
  return [`${kubernetes}/kubectl`, `--kubeconfig=${KUBECONFIG}`, ...args];
}
