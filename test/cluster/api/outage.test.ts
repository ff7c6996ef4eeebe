/** The API server is gone, slow, or refuses, while a pod serves and while it drains: nothing of it depends on that. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { apply } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { startService, stopService } from '../nodes.ts';
import { testOnNodes } from '../on-nodes.ts';
import { podGone, podReady, podStatus } from '../pod-status.ts';
import { followOnNode } from '../recorders/node-witness.ts';
import { told, type Witness } from '../recorders/witness.ts';
import { grant, revoke } from '../rights.ts';
import { endOfRequest } from '../ushered/ending.ts';
import { statusOf } from '../ushered/status.ts';
import { assertWentWell, startOnNode, terminate } from '../ushered/terminating.ts';
import { until } from '../wait.ts';
import { asking, said } from './asking.ts';
import { type Away, during, type Story } from './away.ts';
import { compact, setState } from './control.ts';
import { EXEC, execProbedPod } from './exec-probe.ts';
import { assertOrder } from './in-order.ts';
import { type Mute, startMute } from './mute.ts';

const NODE = 'node-a';
const SERVER = 'kube-apiserver';
const AWAY_MS = 8_000;
const STARTED_MS = 60_000;
/** The agent asks again after 30 s at the latest. */
const BACK_MS = 60_000;
/** The API server is away before it is answered. */
const REQUEST_MS = 15_000;

const LOST = /^The API is lost: pods: /u;
const LACKS = /^HTTP 403: .* cannot (?:list|watch) resource "pods"/u;
const WATCHED = /^The API is watched: pods$/u;

interface Serving {
  readonly namespace: string;
  readonly witness: Witness;
  readonly uid: string;
  /** What was told of its readiness by then. */
  readonly before: readonly unknown[];
}

/** Starts a pod whose `web` is ready by the kubelet's verdict alone. */
async function startServing(context: TestContext, name: string): Promise<Serving> {
  const namespace = await withNamespace(context, name);
  await grant(namespace);
  await apply(namespace, execProbedPod(asking({ ...EXEC, spec: { nodeName: NODE } })));
  await until('web runs', async () => (await podStatus(namespace, 'pod')).phase === 'Running', {
    timeoutMs: STARTED_MS,
  });
  const { uid } = await podStatus(namespace, 'pod');
  await setState(NODE, uid, true);
  await podReady(namespace, 'pod');
  const witness = await followOnNode(context, NODE, namespace, 'pod');
  await untilSaid(witness, WATCHED, 1);
  const areOk = (): boolean =>
    ['web ok', 'auth ok'].every(ok => checks(witness).some(check => String(check).startsWith(ok)));
  await until('the log tells that all are ready', areOk, { timeoutMs: STARTED_MS });
  return { namespace, witness, uid, before: checks(witness) };
}

async function untilSaid(witness: Witness, what: RegExp, times: number): Promise<void> {
  const isSaid = (): boolean => said(witness, what).length >= times;
  try {
    await until(`${what.source} is said ${times} times`, isSaid, { timeoutMs: BACK_MS });
  } catch (cause) {
    throw new Error(told(witness.lines), { cause });
  }
}

/** @returns what has changed of the pod's readiness */
function checks({ all }: Witness): readonly unknown[] {
  return all('check', 'podusher').map(({ more }) => more['msg']);
}

async function untilUnready(witness: Witness): Promise<void> {
  const isTold = (): boolean =>
    String(checks(witness).at(-1)).startsWith('web failed: the kubelet calls it not ready');
  await until("the kubelet's verdict is known", isTold, { timeoutMs: BACK_MS });
}

/** @returns why the agent's /status calls the API lost */
async function whyLost(namespace: string): Promise<string> {
  return String((await statusOf(namespace)).api?.watch.because);
}

/** A pod that serves goes on doing so. @param meanwhile what else happens to the API */
function stays({ witness, uid, before }: Serving, meanwhile: () => Promise<void>): Story {
  return async untilBack => {
    await meanwhile();
    await setState(NODE, uid, false);
    await sleep(AWAY_MS);
    assert.deepEqual(checks(witness), before, told(witness.lines));
    await untilBack();
    await untilUnready(witness);
  };
}

/** A pod that serves, and whose agent may not ask when the API is back, until it may. */
function refused({ namespace, witness, uid, before }: Serving): Story {
  return async untilBack => {
    await untilSaid(witness, LOST, 1);
    await untilBack();
    await until('the reason is told', async () => LACKS.test(await whyLost(namespace)), {
      timeoutMs: BACK_MS,
    });
    await setState(NODE, uid, false);
    await sleep(AWAY_MS);
    assert.deepEqual(checks(witness), before, told(witness.lines));
    await grant(namespace);
    await untilSaid(witness, WATCHED, 2);
    await untilUnready(witness);
  };
}

/** A pod that drains goes down. */
function goesDown(witness: Witness, afterwards: () => Promise<void>): Story {
  return async untilBack => {
    assert.deepEqual(witness.all('sigterm', 'web'), [], 'it has drained before');
    await witness.ended();
    await untilBack();
    await afterwards();
  };
}

/** Asserts that a pod whose agent asks the API went down in order, and that its request was answered. */
async function assertInOrder(context: TestContext, { namespace, witness }: Serving): Promise<void> {
  assertOrder(witness);
  assert.equal(await endOfRequest(context, namespace), 'answered');
  await podGone(namespace, 'pod');
}

const GONE: Away = {
  // SIGTERM would let it wait a minute for whoever watches.
  take: context => stopService(context, SERVER, 'KILL'),
  giveBack: () => startService(SERVER),
};

/** A watch is lost, and who asks anew is not answered. */
function silent(): Away {
  let mute: Mute | undefined;
  return {
    take: async context => {
      await GONE.take(context);
      mute = await startMute(context);
    },
    giveBack: async () => {
      await mute?.end();
      await GONE.giveBack();
    },
  };
}

testOnNodes(
  'while the API server is gone',
  async context => {
    const unasked = await withNamespace(context, 'api-stopped');
    const [staying, loser, draining, witness] = await Promise.all([
      startServing(context, 'api-gone'),
      startServing(context, 'api-refused'),
      startServing(context, 'api-drain'),
      startOnNode(context, unasked, NODE),
    ]);
    await Promise.all([
      terminate(draining.namespace, NODE, draining.witness, REQUEST_MS),
      terminate(unasked, NODE, witness, REQUEST_MS),
    ]);
    // A watch that is there is not asked for its rights again.
    await revoke(loser.namespace);
    const forgets = async (): Promise<void> => {
      await untilSaid(staying.witness, LOST, 1);
      await compact();
    };
    await during(context, GONE, {
      'readiness stays; afterwards the agent catches up, though versions are forgotten': stays(
        staying,
        forgets,
      ),
      'readiness stays, and afterwards while its rights are lost; then the agent catches up': refused(loser),
      'a pod that drains goes down in order, and cuts no request': goesDown(draining.witness, () =>
        assertInOrder(context, draining),
      ),
      'so does one whose agent asks nobody': goesDown(witness, () =>
        assertWentWell(context, unasked, witness),
      ),
    });
  },
  { concurrency: 4 },
);

testOnNodes(
  'while the API server answers nobody',
  async context => {
    const [staying, draining] = await Promise.all([
      startServing(context, 'api-slow'),
      startServing(context, 'api-drain'),
    ]);
    await terminate(draining.namespace, NODE, draining.witness, REQUEST_MS);
    await during(context, silent(), {
      'readiness stays; afterwards the agent catches up': stays(staying, () =>
        untilSaid(staying.witness, LOST, 1),
      ),
      'a pod that drains goes down in order, and cuts no request': goesDown(draining.witness, () =>
        assertInOrder(context, draining),
      ),
    });
  },
  { concurrency: 4 },
);
