/** Rolling updates where kube-proxy is as slow as in a large cluster. */
import assert from 'node:assert/strict';
import { before } from 'node:test';
import { slowProxy } from '../nodes.ts';
import { testOnNodes } from '../on-nodes.ts';
import { loadRailsAuthImages } from '../rails-auth/images.ts';
import { assertLossless, rolled } from './rolled.ts';

before(() => loadRailsAuthImages(AbortSignal.timeout(600_000), () => {}));

const NEW = { clients: ['new'], rollouts: 2 } as const;

testOnNodes(
  'with a kube-proxy as slow as in a large cluster, requests fail without podusher, none with it',
  async context => {
    await slowProxy(context);
    const [without, ...withPodusher] = await Promise.all([
      rolled(context, { ...NEW, rollouts: 1, app: 'dies', strategy: 'none' }),
      rolled(context, { ...NEW, app: 'dies', strategy: 'podusher' }),
      rolled(context, { ...NEW, app: 'rails', strategy: 'podusher' }),
    ]);
    const lost = without.failed.length + without.cut.length;
    // A rollout that is slow itself loses less: a kube-proxy that has told nothing for 10 s tells the next change at once.
    assert.ok(lost >= 10, `${lost} of ${without.sent}`);
    for (const result of withPodusher) assertLossless(result);
  },
);
