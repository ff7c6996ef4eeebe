/**
 * `npm run publisher:story`: two minutes of a statsd that crash-loops in all three pods, through a Service with a selector
 * and through one that the publisher publishes. On a cluster that is up; else one is brought up, and taken down at the end.
 */
import { withCluster } from '../cluster.ts';
import { command } from '../command.ts';
import { createNamespace, deleteNamespace } from '../kubectl.ts';
import { loadLoadImage } from '../load/image.ts';
import { step } from '../say.ts';
import { deployPublisher, removePublisher } from './deployed.ts';
import { outage } from './outage.ts';

const LOAD_MS = 120_000;

await command(surroundings =>
  withCluster(surroundings, async () => {
    const { signal, say } = surroundings;
    await loadLoadImage(signal);
    const namespace = `outage-${Date.now().toString(36)}`;
    try {
      await step(say, 'The publisher', () => deployPublisher());
      await createNamespace(namespace, { 'pod-security.kubernetes.io/enforce': 'restricted' });
      const { ordinary, published, crashes, writes } = await step(say, 'statsd crash-loops', () =>
        outage(namespace, LOAD_MS),
      );
      say(`
| ${LOAD_MS / 1000} s of a crash-looping statsd in three pods | answered | of |
|---|---|---|
| a Service with a selector | ${ordinary.answered} | ${ordinary.sent} |
| a Service that the publisher publishes | ${published.answered} | ${published.sent} |

statsd crashed ${crashes} times; the publisher wrote ${writes} times for it
`);
    } finally {
      await deleteNamespace(namespace);
      await removePublisher();
    }
  }),
);
