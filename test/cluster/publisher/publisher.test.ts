/** deploy/publisher on the cluster: the outage that it is for, Services moved to it and back, and what it cannot follow. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadLoadImage } from '../load/image.ts';
import { withNamespace } from '../namespace.ts';
import { testOnNodes } from '../on-nodes.ts';
import { badInput } from './bad-input.ts';
import { withPublisher } from './deployed.ts';
import { kustomized, policy, someNamespaces, withoutPolicies } from './manifests.ts';
import { moved, movedCarelessly } from './moved.ts';
import { outage } from './outage.ts';

/** `npm run publisher:story` makes it last two minutes. */
const LOAD_MS = 30_000;

test('deploy/publisher is the same by kustomize', kustomized);
test('deploy/publisher is the same without its policies, as documented', withoutPolicies);

before(() => loadLoadImage(AbortSignal.timeout(600_000)));

testOnNodes('with podusher publisher', async context => {
  await withPublisher(context);

  await context.test(
    'while statsd crash-loops in all pods, an ordinary Service answers few, and the published one all',
    async inner => {
      const namespace = await withNamespace(inner, 'outage');
      const { ordinary, published, crashes, writes, isUntouched } = await outage(namespace, LOAD_MS);
      inner.diagnostic(`ordinary: ${ordinary.answered} of ${ordinary.sent}, ${crashes} crashes of statsd`);
      inner.diagnostic(`published: ${published.answered} of ${published.sent}, ${writes} writes`);
      assert.ok(ordinary.answered < ordinary.sent / 2, 'the ordinary Service answers few');
      assert.ok(published.sent > (LOAD_MS / 1000) * 10);
      assert.equal(published.answered, published.sent);
      assert.deepEqual([writes, isUntouched], [0, true]);
    },
  );

  await context.test(
    'a Service under load loses requests when it is moved in the wrong order',
    movedCarelessly,
  );
  await context.test('a Service under load loses none when it is moved over and back as documented', moved);
  await context.test('its account may write its own slices, and no others', policy);
  await context.test('it can be deployed for some namespaces alone', someNamespaces);
  await context.test('what cannot be followed is told, and everything else goes on', badInput);
});
