/** A node of our own cluster shuts down, or so its kubelet believes: the node stays. */
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { waitFor } from './kubectl.ts';
import { logind } from './machine/node.ts';
import { mustRun, send, start, stop } from './machine/service.ts';
import { pathIn } from './machine/space.ts';
import { type NodeName, nodeExec, nodeOf, setKubelet } from './nodes.ts';
import { until } from './wait.ts';

/** What has taken a lock there is waited for when the machine shuts down. */
const LOCKS = '/run/systemd/inhibit';

const START_MS = 30_000;
const BACK_MS = 120_000;

/**
 * Restarts a node's kubelet so that it waits for its machine's shutdown, until the test ends.
 *
 * @param graceS what all its pods have then, in seconds
 */
export async function expectShutdown(context: TestContext, name: NodeName, graceS: number): Promise<void> {
  const node = nodeOf(name);
  atEnd(context, () => forgetShutdown(name));
  // A test that was killed has left it all.
  await stop(logind(node));
  await nodeExec(name, ['rm', '-rf', LOCKS]);
  await start(logind(node));
  const answers = (): boolean => {
    mustRun(logind(node));
    return existsSync(pathIn(name, LOCKS));
  };
  await until('logind answers', answers, { timeoutMs: START_MS });
  await setKubelet(name, { shutdownGraceS: graceS });
  const isExpected = (): boolean => existsSync(pathIn(name, `${LOCKS}/kubelet`));
  await until('the kubelet wants to be told of a shutdown', isExpected, { timeoutMs: START_MS });
}

/** Tells a node's kubelet that its machine shuts down. */
export function shutDown(name: NodeName): Promise<void> {
  return send(logind(nodeOf(name)), 'USR1');
}

async function forgetShutdown(name: NodeName): Promise<void> {
  await setKubelet(name);
  await stop(logind(nodeOf(name)));
  await waitFor('default', `node/${name}`, 'condition=Ready', BACK_MS);
}
