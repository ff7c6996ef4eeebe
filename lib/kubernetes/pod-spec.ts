import { containerKey, podKey } from '../settings/annotation-key.ts';
import { formatDuration } from '../settings/duration.ts';
import { CONTAINER, POD } from '../settings/table.ts';
import type { ApiPod } from './pod.ts';

const DAY_MS = 24 * 3600 * 1000;

/**
 * What the pod's spec says, in the words of the annotations that would say it by hand: so that both are read and
 * checked in one place (`lib/settings`), where an annotation goes before the spec.
 *
 * @param agent the agent's own container, and its port: a probe that asks that one tells nothing of what its container serves
 */
export function specSettings(
  pod: ApiPod,
  agent: { readonly name: string; readonly port: number },
): ReadonlyMap<string, string> {
  const names = pod.containers.map(({ name }) => name);
  const sidecars = pod.containers.filter(({ isNativeSidecar }) => isNativeSidecar).map(({ name }) => name);
  const graceMs = Math.min(DAY_MS, pod.gracePeriodMs);
  const ports = pod.containers.flatMap(({ name, probe }) =>
    probe?.port === undefined || probe.port === agent.port
      ? []
      : [[containerKey(CONTAINER.ports, name), String(probe.port)] as const],
  );
  return new Map([
    [podKey(POD.containers), names.filter(name => name !== agent.name).join(',')],
    [podKey(POD.nativeSidecars), sidecars.join(',')],
    [podKey(POD.gracePeriodMs), formatDuration(graceMs)],
    ...ports,
  ]);
}
