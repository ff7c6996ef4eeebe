import type { Verdict } from '../readiness/verdict.ts';
import type { ApiPod } from './pod.ts';

/**
 * The kubelet's own verdict on a container that has a readinessProbe of its own: thereby exec probes take part.
 *
 * @param agentPort a probe of that port asks the agent, and would wait for itself
 * @returns undefined where the kubelet makes no probe of it that counts
 */
export function kubeletVerdict(
  pod: ApiPod,
  name: string,
  agentPort: number,
): Pick<Verdict, 'type' | 'reason'> | undefined {
  const container = pod.containers.find(one => one.name === name);
  if (container?.probe === undefined || container.probe.port === agentPort) return undefined;
  const whose = `by its own ${container.probe.how} probe`;
  if (container.isReady === undefined) {
    return { type: 'pending', reason: `the kubelet has no verdict on it yet, ${whose}` };
  }
  return container.isReady
    ? { type: 'ready', reason: `the kubelet calls it ready, ${whose}` }
    : { type: 'failed', reason: `the kubelet calls it not ready, ${whose}` };
}
