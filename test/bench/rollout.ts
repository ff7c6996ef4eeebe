/**
 * What rolling updates lose, on a cluster: `npm run bench:rollout`. Three pods at 60 requests a second, every 20th of which
 * takes 3 s, are replaced one after the other, again and again; without podusher, with a sleep in its place, and with it;
 * also with a kube-proxy as slow as in a large cluster. Some 25 minutes on a cluster that is up; else one is brought up,
 * and taken down at the end.
 *
 * --json for machines; --check ends with 1 where podusher lost what it must not; --rollouts N.
 */
import { parseArgs } from 'node:util';
import { withCluster } from '../cluster/cluster.ts';
import { command } from '../cluster/command.ts';
import { createNamespace, deleteNamespace } from '../cluster/kubectl.ts';
import { setProxy } from '../cluster/nodes.ts';
import { loadRailsAuthImages } from '../cluster/rails-auth/images.ts';
import { rollOut } from '../cluster/rollout/roll.ts';
import { step } from '../cluster/say.ts';
import { isWithin, type Row, rowOf, tableOf, type Variant, variants } from './rollout/variants.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    rollouts: { type: 'string', default: '10' },
  },
});

/** At a time: two cores carry no more pods than those of three Deployments. */
const AT_ONCE = 3;

await command(({ signal, say }) =>
  withCluster({ signal, say }, async () => {
    await loadRailsAuthImages(signal, say);
    const rows: Row[] = [];
    const all = variants(Number(values.rollouts));
    for (const proxy of ['usual', 'slow'] as const) {
      const some = all.filter(variant => variant.proxy === proxy);
      if (proxy === 'slow') await setProxy('slow');
      try {
        for (let at = 0; at < some.length; at += AT_ONCE) {
          signal.throwIfAborted();
          const now = some.slice(at, at + AT_ONCE);
          const what = now.map(variant => variant.what).join('; ');
          rows.push(...(await step(say, what, () => Promise.all(now.map(measure)))));
        }
      } finally {
        if (proxy === 'slow') await setProxy('usual');
      }
    }
    process.stdout.write(values.json ? `${JSON.stringify(rows, undefined, 2)}\n` : tableOf(rows));
    if (values.check && !rows.every(isWithin)) process.exitCode = 1;
  }),
);

async function measure(variant: Variant): Promise<Row> {
  const namespace = `bench-${variant.id}-${Date.now().toString(36)}`;
  await createNamespace(namespace, { 'pod-security.kubernetes.io/enforce': 'restricted' });
  try {
    return rowOf(variant, await rollOut(namespace, variant.plan));
  } finally {
    await deleteNamespace(namespace);
  }
}
