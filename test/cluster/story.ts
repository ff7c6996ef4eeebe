/**
 * `npm run cluster:story`: the third failure on a real cluster, without podusher and with it, as a table and as a
 * picture. Six minutes on a cluster that is up; else one is brought up, and taken down at the end.
 *
 * --svg FILE: where the picture goes, rails-auth-cluster.svg unless said.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { renderSvg } from '../../lib/timeline/svg.ts';
import { withCluster } from './cluster.ts';
import { command } from './command.ts';
import { createNamespace, deleteNamespace } from './kubectl.ts';
import { endPod } from './rails-auth/ending.ts';
import { loadRailsAuthImages } from './rails-auth/images.ts';
import type { Variant } from './rails-auth/manifests.ts';
import { runOf, type Shown, tableOf } from './rails-auth/report.ts';
import { step } from './say.ts';

const WITHOUT = 'One of two, without podusher';
const WITH = 'One of two, with podusher';

const RUNS: readonly (Variant & { readonly what: string })[] = [
  { what: 'An only pod, without podusher', podusher: false, rails: 'stays', replicas: 1 },
  { what: 'An only pod, with podusher', podusher: true, rails: 'stays', replicas: 1 },
  { what: WITHOUT, podusher: false, rails: 'stays', replicas: 2 },
  { what: WITH, podusher: true, rails: 'stays', replicas: 2 },
  {
    what: 'One of two, with podusher, and a Rails that leaves',
    podusher: true,
    rails: 'leaves',
    replicas: 2,
  },
];

const LABELS = { 'pod-security.kubernetes.io/enforce': 'restricted' };

const { values } = parseArgs({ options: { svg: { type: 'string', default: 'rails-auth-cluster.svg' } } });

await command(surroundings =>
  withCluster(surroundings, async () => {
    const { signal, say } = surroundings;
    await loadRailsAuthImages(signal, say);
    const shown: Shown[] = [];
    for (const { what, ...variant } of RUNS) {
      signal.throwIfAborted();
      shown.push({ what, told: await step(say, what, () => show(variant)) });
    }
    const drawn = shown.filter(({ what }) => what === WITHOUT || what === WITH);
    await writeFile(values.svg, renderSvg(drawn.map(runOf)));
    say(`\n${tableOf(shown)}\nThe picture of one of two is in ${values.svg}\n`);
  }),
);

async function show(variant: Variant): Promise<Shown['told']> {
  const namespace = `rails-auth-${Date.now().toString(36)}`;
  await createNamespace(namespace, LABELS);
  try {
    return await endPod(namespace, variant);
  } finally {
    await deleteNamespace(namespace);
  }
}
