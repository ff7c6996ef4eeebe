/** Rolling updates of three pods at 60 requests a second, every 20th of which takes 3 s. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { loadRailsAuthImages } from './rails-auth/images.ts';
import { assertInTime, assertLossless, rolled } from './rollout/rolled.ts';

before(() => loadRailsAuthImages(AbortSignal.timeout(600_000), () => {}));

const NEW = { clients: ['new'], rollouts: 2 } as const;

/** What a pod that dies at SIGTERM cuts on connections that never pause: nine requests of 3 s are in flight in three. */
const CUT_BY_A_POD = 6;

describe('a rolling update', { concurrency: 3 }, () => {
  test('without podusher, new connections to an app that dies at SIGTERM fail', async context => {
    const { failed, cut } = await rolled(context, { ...NEW, rollouts: 1, app: 'dies', strategy: 'none' });
    assert.ok(failed.length + cut.length >= 10, `${failed.length} failed, ${cut.length} cut`);
  });

  test('with podusher, none does, and no pod stays for long', async context => {
    const result = await rolled(context, { ...NEW, app: 'dies', strategy: 'podusher' });
    assertLossless(result);
    assertInTime(result);
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
