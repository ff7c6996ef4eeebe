/** Rolling updates of three pods at 60 requests a second, every 20th of which takes 3 s. */
import assert from 'node:assert/strict';
import { before, describe, type TestContext, test } from 'node:test';
import { withNamespace } from './namespace.ts';
import { withSlowProxy } from './nodes.ts';
import { testOnNodes } from './on-nodes.ts';
import { loadRailsAuthImages } from './rails-auth/images.ts';
import { type Rolled, type RolloutPlan, rollOut } from './rollout/roll.ts';

async function rolled(context: TestContext, plan: RolloutPlan): Promise<Rolled> {
  const name = ['rollout', plan.app, plan.strategy, ...plan.clients].join('-');
  const result = await rollOut(await withNamespace(context, name), plan);
  const { sent, failed, cut, rolloutMs } = result;
  const took = rolloutMs.map(ms => `${(ms / 1000).toFixed(1)} s`).join(', ');
  const who = `${plan.app}, ${plan.strategy}, ${plan.clients.join(' and ')}`;
  context.diagnostic(`${who}: ${sent} sent, ${failed.length} failed, ${cut.length} cut; took ${took}`);
  return result;
}

function assertLossless({ sent, failed, cut }: Rolled): void {
  assert.deepEqual({ failed, cut }, { failed: [], cut: [] });
  assert.ok(sent > 1000, `${sent} sent`);
}

before(() => loadRailsAuthImages(AbortSignal.timeout(600_000), () => {}));

const NEW = { clients: ['new'], rollouts: 2 } as const;

/** What a pod that dies at SIGTERM cuts on connections that never pause: nine requests of 3 s are in flight in three. */
const CUT_BY_A_POD = 6;

describe('a rolling update', { concurrency: 3 }, () => {
  test('without podusher, new connections to an app that dies at SIGTERM fail', async context => {
    const { failed, cut } = await rolled(context, { ...NEW, app: 'dies', strategy: 'none' });
    assert.ok(failed.length + cut.length >= 10, `${failed.length} failed, ${cut.length} cut`);
  });

  test('with podusher, none does', async context => {
    assertLossless(await rolled(context, { ...NEW, app: 'dies', strategy: 'podusher' }));
  });

  test('with podusher, no request to Rails fails, on new connections or kept ones', async context => {
    const clients = ['new', 'kept'] as const;
    assertLossless(await rolled(context, { ...NEW, clients, app: 'rails', strategy: 'podusher' }));
  });

  test('with podusher, an app that dies at SIGTERM cuts few of those on kept connections', async context => {
    const clients = ['kept'] as const;
    const { failed, cut } = await rolled(context, { ...NEW, clients, app: 'dies', strategy: 'podusher' });
    assert.deepEqual(failed, []);
    assert.ok(cut.length <= 2 * 3 * CUT_BY_A_POD, `${cut.length} cut by six pods`);
  });
});

testOnNodes(
  'with a kube-proxy as slow as in a large cluster, many fail without podusher, none with it',
  async context => {
    await withSlowProxy(context);
    const [without, ...withPodusher] = await Promise.all([
      rolled(context, { ...NEW, rollouts: 1, app: 'dies', strategy: 'none' }),
      rolled(context, { ...NEW, app: 'dies', strategy: 'podusher' }),
      rolled(context, { ...NEW, app: 'rails', strategy: 'podusher' }),
    ]);
    const lost = without.failed.length + without.cut.length;
    assert.ok(lost >= 50, `${lost} of ${without.sent}`);
    for (const result of withPodusher) assertLossless(result);
  },
);
