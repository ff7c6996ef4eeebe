/** `podusher rehearse` is true: the same manifests, and a pod ends in the same order on the cluster. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, type TestContext } from 'node:test';
import type { Entry } from '../../../lib/timeline/entry.ts';
import { Theatre } from '../../rehearse/cli.ts';
import { atEnd } from '../at-end.ts';
import { loadLoadImage } from '../load/image.ts';
import { withNamespace } from '../namespace.ts';
import { testOnNodes } from '../on-nodes.ts';
import { differences, storyOf } from './compare.ts';
import { loadRehearsedImage } from './image.ts';
import { withOrdinaryAgent } from './manifest.ts';
import { endOnCluster } from './on-cluster.ts';

const EXAMPLES = join(import.meta.dirname, '../../../examples/rails-auth');

/** As the manifests say. */
const GRACE_MS = 20_000;

type Change = (manifest: string) => string;

async function rehearsed(context: TestContext, name: string, change: Change): Promise<readonly Entry[]> {
  const theatre = new Theatre();
  atEnd(context, () => theatre.close());
  const manifest = change(readFileSync(await theatre.example(name), 'utf8'));
  const { timeline } = await theatre.result(theatre.write('pod.yaml', manifest), '--clients', 'new');
  return timeline;
}

async function assertTrue(context: TestContext, name: string, change: Change = text => text): Promise<void> {
  const namespace = await withNamespace(context, 'true', {});
  const [inRehearsal, onCluster] = await Promise.all([
    rehearsed(context, name, change),
    endOnCluster(namespace, change(readFileSync(join(EXAMPLES, name), 'utf8'))),
  ]);
  const stories = `Rehearsed:\n${storyOf(inRehearsal)}\nOn the cluster:\n${storyOf(onCluster)}`;
  context.diagnostic(stories);
  assert.deepEqual(differences(inRehearsal, onCluster, GRACE_MS), [], stories);
}

before(async () => {
  const signal = AbortSignal.timeout(600_000);
  await loadRehearsedImage(signal);
  await loadLoadImage(signal);
});

describe('podusher rehearse tells the order in which a pod ends on the cluster', { concurrency: 3 }, () => {
  testOnNodes('when rails leaves', context => assertTrue(context, 'graceful-with.yaml'));

  testOnNodes('when rails stays until it is killed', context => assertTrue(context, 'with.yaml'));

  testOnNodes('when the agent is an ordinary container', context =>
    assertTrue(context, 'graceful-with.yaml', withOrdinaryAgent),
  );
});
