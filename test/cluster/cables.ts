/** Cutting nodes and pods of our own cluster off, and connecting them again. */
import { API, NODES } from './machine/place.ts';
import { inSpace } from './machine/space.ts';
import { type NodeName, nodeExec } from './nodes.ts';

const COMMAND_MS = 10_000;

/** Pulls a node's cable out, or puts it back. */
export async function setCable(node: NodeName, state: 'up' | 'down'): Promise<void> {
  await inSpace('control', ['ip', 'link', 'set', node, state], { timeoutMs: COMMAND_MS });
}

/** Has every packet lost that goes from a pod on the node to the API server, or no longer. */
export async function setCut(node: NodeName, podAddress: string, isCut: boolean): Promise<void> {
  const rule = ['--source', podAddress, '--destination', API.address, '--jump', 'DROP'];
  await nodeExec(node, ['iptables', isCut ? '--insert' : '--delete', 'FORWARD', ...rule]);
}

/** Connects all that was cut off, whoever did it. */
export async function connectAll(): Promise<void> {
  for (const { name } of NODES) {
    await setCable(name, 'up');
    const rules = await nodeExec(name, ['iptables', '--list-rules', 'FORWARD']);
    for (const [, address = ''] of rules.matchAll(CUT)) await setCut(name, address, false);
  }
}

/** As `iptables` lists it. */
const CUT = /^-A FORWARD -s (\S+?)\/32 -d \S+ -j DROP$/gmu;
