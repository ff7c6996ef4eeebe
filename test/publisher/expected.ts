import { type Cluster, ipOf } from './cluster.ts';

/** What is to be published of each pod (`publishedBy()`), from the cluster as it is, and as simply as can be said. */
export function expectedOf(cluster: Cluster): string[] {
  const { ipFamilies, publishNotReadyAddresses } = cluster.service;
  const lines: string[] = [];
  for (const pod of cluster.pods.values()) {
    const state = cluster.nodeOf(pod)?.state;
    if (!pod.isOurs || pod.isTerminal || !pod.isStarted) continue;
    if (state === 'removed' && !publishNotReadyAddresses) continue;
    const isCriticalReady = pod.rails && (pod.statsd || pod.isAnnotated) && (!pod.hasGate || pod.gate);
    // Of a node that nobody knows, the pods that are Ready go on serving where all addresses are wanted.
    const isServing = isCriticalReady && (state === 'ready' || (state === 'removed' && pod.statsd));
    const isReady = publishNotReadyAddresses || (isServing && !pod.isTerminating);
    for (const family of ipFamilies) {
      const address = family === 'IPv4' ? ipOf(pod) : `fd00::${ipOf(pod).replaceAll('.', ':')}`;
      lines.push(`${family} ${address} ${isReady} ${isServing} ${pod.isTerminating}`);
    }
  }
  return lines.sort();
}
