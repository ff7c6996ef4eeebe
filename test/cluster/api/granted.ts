/** deploy/sidecar/rbac.yaml is enough, and none of it is too much. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { apply, get } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { deletePod, podReady, podStatus } from '../pod-status.ts';
import { follow, told } from '../recorders/witness.ts';
import { grant, RULES, type Rule } from '../rights.ts';
import { startUshered } from '../ushered/ending.ts';
import { statusOf } from '../ushered/status.ts';
import { usheredPod, WEB_PORT } from '../ushered/ushered.ts';
import { until } from '../wait.ts';
import { ASKING, asking, said, startAsking } from './asking.ts';
import { assertOrder } from './in-order.ts';

const SAID_MS = 60_000;

/** What the Role grants, one by one. */
export interface Right {
  readonly verb: string;
  readonly resource: string;
}

export const RIGHTS: readonly Right[] = RULES.flatMap(({ verbs, resources }) =>
  resources.flatMap(resource => verbs.map(verb => ({ verb, resource }))),
);

/** So that EndpointSlices are watched until they have let the pod go. */
const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: WEB_PORT }] },
};
const SERVED = { labels: { app: 'web' } };

export async function enough(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'api-enough');
  await grant(namespace);
  await apply(namespace, SERVICE);
  const witness = await startAsking(context, namespace, SERVED);
  await deletePod(namespace, 'pod');
  await witness.ended();
  assertOrder(witness);
  const story = told(witness.lines);
  assert.equal(witness.all('withdrawn', 'podusher').length, 1, story);
  assert.deepEqual(said(witness, /HTTP 4|is lost|refused/u), [], story);
}

/** Without one right the agent says which, and the pod goes down as without the API. */
export function lacking({ verb, resource }: Right): (context: TestContext) => Promise<void> {
  return async context => {
    const namespace = await withNamespace(context, `api-no-${verb}-${resource}`);
    await grant(
      namespace,
      RULES.flatMap(rule => less(rule, verb, resource)),
    );
    await apply(namespace, SERVICE, usheredPod('pod', asking(SERVED)));
    await podReady(namespace, 'pod');
    const witness = follow(context, namespace, 'pod');
    await deletePod(namespace, 'pod');
    await witness.ended();
    assertOrder(witness);
    const story = told(witness.lines);
    const refused = said(witness, /HTTP 403/u);
    assert.equal(refused.length, 1, story);
    const where = resource === 'endpointslices' ? 'discovery.k8s.io' : '';
    const what = `cannot ${verb} resource "${resource}" in API group "${where}" in the namespace "${namespace}"`;
    assert.ok(String(refused[0]?.more['msg']).includes(what), story);
  };
}

function less(rule: Rule, verb: string, resource: string): readonly Rule[] {
  if (!rule.resources.includes(resource)) return [rule];
  const verbs = rule.verbs.filter(one => one !== verb);
  return verbs.length === 0 ? [] : [{ ...rule, verbs }];
}

export async function tokenless(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'api-tokenless');
  await context.test('who is not told to ask needs no token', async () => {
    await apply(namespace, usheredPod('pod'));
    await podReady(namespace, 'pod');
    const { spec } = Object(await get(namespace, 'pod', 'pod'));
    const volumes: unknown[] = spec.volumes;
    assert.deepEqual(
      volumes.map(one => Object(one).name),
      ['podinfo'],
    );
    assert.equal((await statusOf(namespace)).api, null);
  });
  await deletePod(namespace, 'pod', '--grace-period=1', '--wait=true');

  await context.test('who is, and has none, says so, and serves', async () => {
    const witness = await startUshered(context, namespace, { agent: ASKING });
    const tells = (): boolean =>
      said(witness, /The API is lost: pods: .*token: Cannot be read/u).length === 1;
    await until('it says that there is no token', tells, { timeoutMs: SAID_MS });
    assert.ok((await podStatus(namespace, 'pod')).ready);
    await deletePod(namespace, 'pod');
    await witness.ended();
    assertOrder(witness);
  });
}
