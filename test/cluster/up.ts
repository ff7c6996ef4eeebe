/** `npm run cluster:up` */
import { openCluster } from './cluster.ts';
import { command } from './command.ts';
import { loadAgentImage } from './images.ts';
import { KUBECONFIG } from './machine/place.ts';
import { lasted } from './say.ts';

await command(async ({ signal, say }) => {
  const from = performance.now();
  await openCluster({ stays: true, signal, say });
  await loadAgentImage(signal, say);
  say(`Up after ${lasted(performance.now() - from)}: export KUBECONFIG=${KUBECONFIG}\n`);
});
