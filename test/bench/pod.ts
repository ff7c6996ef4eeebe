/**
 * What podusher costs in a pod, on a cluster of ours: `npm run bench:pod`. Ten pods of three containers that are probed
 * each second, beside one that pays for the pages that all share: with a bare `node:http` container instead of podusher,
 * with podusher, and with podusher that asks the API. Medians of the ten; the machine does nothing else, or CPU says more.
 * The image's size is said too.
 *
 * --json for machines; --pods N.
 */
import { parseArgs } from 'node:util';
import { imageSize } from '../cluster/build/buildah.ts';
import { withCluster } from '../cluster/cluster.ts';
import { command } from '../cluster/command.ts';
import { AGENT_IMAGE } from '../cluster/images.ts';
import { isOurs } from '../cluster/kubectl.ts';
import { step } from '../cluster/say.ts';
import { costOf } from './pod/cost.ts';
import { SIDECARS } from './pod/manifest.ts';
import { type Row, rowsOf, tableOf } from './pod/rows.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    pods: { type: 'string', default: '10' },
  },
});

/** The table alone goes to the standard output. */
const say = (text: string): void => void process.stderr.write(text);

await command(async ({ signal }) => {
  if (!isOurs)
    throw new Error(
      'Memory and CPU are read on the nodes of a cluster of ours: unset PODUSHER_TEST_KUBECONFIG',
    );
  const rows: Row[] = [];
  await withCluster({ signal, say }, async () => {
    for (const sidecar of SIDECARS) {
      signal.throwIfAborted();
      const costs = await step(say, sidecar, () => costOf(sidecar, Number(values.pods), signal));
      rows.push(...rowsOf(sidecar, costs));
    }
  });
  const size = await imageSize(AGENT_IMAGE, signal);
  process.stdout.write(
    values.json
      ? `${JSON.stringify(rows, undefined, 2)}\n`
      : `${tableOf(rows)}\nThe image ${AGENT_IMAGE}: ${size}\n`,
  );
});
