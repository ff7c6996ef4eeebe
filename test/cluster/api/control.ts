/** Doing things behind the API server's back. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inSpace } from '../machine/space.ts';
import { type NodeName, nodeOf } from '../nodes.ts';

const COMMAND_MS = 10_000;

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
