/** The publisher's processes and connections, by way of the nodes they are on. */
import type { TestContext } from 'node:test';
import { atEnd } from '../at-end.ts';
import { setCut } from '../cables.ts';
import { type NodeName, nodeExec } from '../nodes.ts';
import { podStatus } from '../pod-status.ts';
import { PUBLISHER, type Replica } from './deployed.ts';

const COMMAND = '/podusher/podusher[.]cjs publisher$';

/** Sends a signal to the publisher's process on a node, of which there is one. */
export async function signal(node: NodeName, name: 'KILL' | 'STOP' | 'CONT'): Promise<void> {
  await nodeExec(node, ['pkill', `-${name}`, '--full', COMMAND]);
}

/** Stops the process until the test ends, or it is let go: it does nothing, and its connections stay open. */
export async function stopProcess(context: TestContext, node: NodeName): Promise<void> {
  // It may have been replaced meanwhile.
  atEnd(context, () => signal(node, 'CONT').catch(() => {}));
  await signal(node, 'STOP');
}

/** Has every packet lost that goes from these pods to the API server, until the test ends or this is taken back. */
export async function partition(
  context: TestContext,
  pods: readonly Replica[],
): Promise<() => Promise<void>> {
  const places = await Promise.all(
    pods.map(async ({ pod, node }) => ({ node, address: (await podStatus(PUBLISHER, pod)).address })),
  );
  let isCut = true;
  const mend = async (): Promise<void> => {
    if (!isCut) return;
    isCut = false;
    for (const { node, address } of places) await setCut(node, address, false);
  };
  atEnd(context, mend);
  for (const { node, address } of places) await setCut(node, address, true);
  return mend;
}
