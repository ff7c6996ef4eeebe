/** Why a slice is written, for people who expected something else. */
import { type Endpoint, isSame, podNameOf } from './endpoint.ts';
import type { Pod } from './pod.ts';
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
