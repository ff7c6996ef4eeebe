/** Doing things behind the API server's back. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { configureProxy } from '../machine/node.ts';
import type { ProxySpeed } from '../machine/node-config.ts';
import { NODES, type NodeName, type NodePlace } from '../machine/place.ts';
import { inSpace } from '../machine/space.ts';
import { restartService } from '../nodes.ts';
import { until } from '../wait.ts';

const COMMAND_MS = 10_000;
const SYNCED_MS = 60_000;

/** etcd's own HTTP gateway, from within its network. */
const COMPACT = `
  const ask = async (path, body) => {
    const answer = await fetch('http://127.0.0.1:2379/v3/kv/' + path, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  };
  const { header } = await ask('range', { key: btoa('any') });
  await ask('compaction', { revision: header.revision, physical: true });`;

/** Makes etcd forget all versions but the last. */
export async function compact(): Promise<void> {
  const command = [process.execPath, '--input-type=module', '--eval', COMPACT];
  await inSpace('control', command, { timeoutMs: COMMAND_MS });
}

/** Writes the file that a pod's exec probe looks for into its volume, or removes it. */
export async function setState(node: NodeName, uid: string, isThere: boolean): Promise<void> {
  const file = join(
    nodeOf(node).folder,
    'lib/kubelet/pods',
    uid,
    'volumes/kubernetes.io~empty-dir/state/ready',
  );
  if (isThere) await writeFile(file, '');
  else await rm(file);
}

/** Makes the kube-proxy of one node as slow as in a large cluster, until the test ends. */
export async function slowProxy(context: TestContext, name: NodeName): Promise<void> {
  context.after(() => setProxyOf(name, 'usual'));
  await setProxyOf(name, 'slow');
}

async function setProxyOf(name: NodeName, speed: ProxySpeed): Promise<void> {
  await configureProxy(nodeOf(name), speed);
  await restartProxy(name);
}

/** Starts a kube-proxy anew: it tells the kernel all there is, and a slow one then nothing for its while. */
export async function restartProxy(name: NodeName): Promise<void> {
  await restartService(`kube-proxy@${name}`);
  const isSynced = async (): Promise<boolean> => {
    const answer = await fetch(`http://${nodeOf(name).address}:10256/healthz`, {
      signal: AbortSignal.timeout(1_000),
    });
    await answer.body?.cancel();
    return answer.ok;
  };
  await until(`kube-proxy on ${name} has told the kernel`, isSynced, { timeoutMs: SYNCED_MS });
}

function nodeOf(name: NodeName): NodePlace {
  const node = NODES.find(one => one.name === name);
  if (node === undefined) throw new Error(`There is no node "${name}"`);
  return node;
}
