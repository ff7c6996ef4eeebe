/** `kubectl drain` of a node, with a budget that one of two replicas must always be there. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { atEnd } from '../at-end.ts';
import { apply, get, kubectl } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { podStatus } from '../pod-status.ts';
import { follow } from '../recorders/witness.ts';
import { assertWholeSequence } from '../ushered/ending.ts';
import { usheredTemplate } from '../ushered/ushered.ts';

const ROLLOUT_S = 120;
const DRAIN_S = 180;

/** Where the pods may be. */
const PLACE = 'podusher.dev/test-place';

export async function drained(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'drained');
  const [from, to] = await nodeNames();
  atEnd(context, async () => {
    await kubectl(['uncordon', from]);
    await kubectl(['label', 'node', from, to, `${PLACE}-`]);
  });
  await kubectl(['label', 'node', from, `${PLACE}=${namespace}`, '--overwrite']);
  await apply(namespace, budget(namespace), deployment(namespace));
  const rollout = ['rollout', 'status', 'deployment/web', `--timeout=${ROLLOUT_S}s`];
  await kubectl(['--namespace', namespace, ...rollout], { timeoutMs: 1000 * ROLLOUT_S + 10_000 });
  const before = await podNames(namespace);
  const witnesses = before.map(name => follow(context, namespace, name));

  await kubectl(['label', 'node', to, `${PLACE}=${namespace}`, '--overwrite']);
  const mine = [`--pod-selector=app=${namespace}`, '--delete-emptydir-data', `--timeout=${DRAIN_S}s`];
  await kubectl(['drain', from, ...mine], { timeoutMs: 1000 * DRAIN_S + 10_000 });
  for (const witness of witnesses) await witness.ended();

  const [first = 0, second = 0] = witnesses.map(one => assertWholeSequence(one)).toSorted((a, b) => a - b);
  const others = (await podNames(namespace)).filter(name => !before.includes(name));
  const since = await Promise.all(
    others.map(async name => Date.parse((await podStatus(namespace, name)).readySince)),
  );
  assert.ok(
    since.some(at => at >= first - 1_000 && at <= second),
    `hooks at ${first} and ${second}; replacements were ready at ${since.join(', ')}`,
  );
}

function budget(app: string): object {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web' },
    spec: { minAvailable: 1, selector: { matchLabels: { app } } },
  };
}

function deployment(app: string): object {
  const labels = { app };
  const template = usheredTemplate({ labels, spec: { nodeSelector: { [PLACE]: app } } });
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { replicas: 2, selector: { matchLabels: labels }, template },
  };
}

/** @returns the names of two nodes that take pods */
async function nodeNames(): Promise<[string, string]> {
  const nodes = namesOf(await get('default', 'nodes'), node => Object(node).spec.unschedulable !== true);
  const [to, from] = nodes;
  assert.ok(from !== undefined && to !== undefined, 'it takes two nodes');
  return [from, to];
}

async function podNames(namespace: string): Promise<readonly string[]> {
  return namesOf(await get(namespace, 'pods', '--selector', `app=${namespace}`), () => true);
}

function namesOf(list: unknown, takes: (one: unknown) => boolean): readonly string[] {
  const items: unknown[] = Object(list).items;
  return items.filter(takes).map(one => String(Object(one).metadata.name));
}
