/** Why slices are written, and endpoints as they are, for people who expected something else. */
import { quoted } from '../quoted.ts';
import { desiredOf } from './desired.ts';
import { type Endpoint, isSame, podNameOf } from './endpoint.ts';
import type { Pod } from './pod.ts';
import type { World } from './reconcile.ts';
import { familyOf, type Service } from './service.ts';
import type { Verdict } from './verdict.ts';
import { byKey, type Write } from './write.ts';

/** As many as a slice has; others' may have more. */
const MOST = 100;

/**
 * @param pods the Service's.
 * @returns of each endpoint that the write changes what it is from now on, and why: `web-1: not ready: rails is not ready`;
 *   the first hundred.
 */
export function reasonsOf({ before, after }: Write, pods: Iterable<Pod>): string[] {
  const known = new Map([...pods].map(pod => [pod.name, pod]));
  const [old, next] = [byKey(before), byKey(after)];
  const changed = after.filter(endpoint => {
    const last = old.get(podNameOf(endpoint));
    return last === undefined || !isSame(last, endpoint);
  });
  const gone = before.filter(endpoint => !next.has(podNameOf(endpoint)));
  return [
    ...gone.map(
      endpoint => `${podNameOf(endpoint)}: out of this slice: ${whyGone(known.get(podNameOf(endpoint)))}`,
    ),
    ...changed.map(
      endpoint => `${podNameOf(endpoint)}: ${whyThus(endpoint, known.get(podNameOf(endpoint)))}`,
    ),
  ].slice(0, MOST);
}

/** How a Service's pods are published. */
export interface Standing {
  readonly pods: number;
  readonly ready: number;
  /**
   * Of each pod that is not simply ready what it is, and why: `web-1: not ready: rails is not ready`; first those that get
   * no traffic; the first hundred.
   */
  readonly because: readonly string[];
}

/** @returns it of a Service that is published, whether its slices are to be written or not. */
export function standingOf({ service, pods, nodes }: World): Standing {
  const all = [...pods].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const groups = [...desiredOf(service, all, nodes).families.values()].flatMap(one => [...one.values()]);
  const endpoints = new Map(groups.flatMap(group => [...group.endpoints]));
  const readyOnes = all.filter(({ name }) => endpoints.get(name)?.conditions.ready === true);
  const ready = new Set(readyOnes);
  const others = all.filter(pod => !ready.has(pod));
  const because = [...others, ...readyOnes].flatMap(pod => {
    const endpoint = endpoints.get(pod.name);
    const why = endpoint === undefined ? `left out: ${whyLeftOut(pod, service)}` : whyThus(endpoint, pod);
    return why === 'ready' ? [] : [`${pod.name}: ${why}`];
  });
  return { pods: all.length, ready: ready.size, because: because.slice(0, MOST) };
}

/** As `desiredOf()` leaves them out. */
function whyLeftOut({ isTerminal, addresses, nodeName }: Pod, { families }: Service): string {
  if (isTerminal) return 'it has ended';
  if (addresses.length === 0) return 'it has no address';
  if (!addresses.some(address => families.includes(familyOf(address))))
    return `it has no address of ${families.join(' or ')}`;
  return `its node ${quoted(nodeName ?? '')} is not known`;
}

function whyGone(pod: Pod | undefined): string {
  if (pod === undefined) return 'the pod is deleted, or not selected';
  return pod.isTerminal
    ? 'the pod has ended'
    : 'it is in another slice, or it has no address or no node that is known';
}

function whyThus({ conditions }: Endpoint, pod: Pod | undefined): string {
  const { ready, serving, terminating } = conditions;
  const why = pod === undefined ? '' : whyNot(pod.verdict);
  const despite = pod?.verdict.type === 'critical-ready' ? `, despite ${pod.verdict.despite.join(', ')}` : '';
  if (terminating === true) return serving === true ? `terminating, serving${despite}` : `terminating${why}`;
  if (ready !== true) return `not ready${why}`;
  return serving === true ? `ready${despite}` : `ready, by publishNotReadyAddresses${why}`;
}

function whyNot(verdict: Verdict): string {
  if (verdict.type === 'not-ready') return `: ${verdict.because}`;
  return verdict.type === 'ready'
    ? ''
    : `: ${verdict.despite.join(', ')} is not ready, and its node is not, or was not a moment ago`;
}
