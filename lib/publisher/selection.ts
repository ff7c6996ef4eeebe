import type { Pod } from './pod.ts';
import { matches } from './selector.ts';
import type { Service } from './service.ts';
import type { Slice } from './slice.ts';

/**
 * @param pods of the Service's namespace, or more.
 * @param slices the Service's.
 * @returns the pods that it publishes: those that its annotation selects; where that cannot be followed, those that
 *   are in its slices already.
 */
export function selectPods(service: Service, pods: Iterable<Pod>, slices: readonly Slice[]): Pod[] {
  const isChosen = chooser(service, slices);
  return [...pods].filter(pod => pod.namespace === service.namespace && isChosen(pod));
}

function chooser({ claim }: Service, slices: readonly Slice[]): (pod: Pod) => boolean {
  if (claim.type === 'selected') return pod => matches(claim.selector, pod.labels);
  if (claim.type === 'none') return () => false;
  const held = new Set(
    slices.flatMap(slice =>
      slice.type === 'ours' ? slice.endpoints.map(({ targetRef }) => targetRef?.uid ?? '') : [],
    ),
  );
  return pod => held.has(pod.uid);
}
