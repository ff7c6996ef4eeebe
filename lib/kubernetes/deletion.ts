import { type ApiPod, SHORTEST_GRACE_MS } from './pod.ts';

/** The pod's deletion, as far as the API has told of it. */
export interface Deletion {
  /** By the API server's clock, which is nobody else's. */
  readonly requestedAt: number;
  /** From the request, and so from the hooks, to the end. */
  readonly graceMs: number;
}

/**
 * A second deletion may shorten the grace period, which goes on counting from the first request; where that has passed,
 * `deletionTimestamp` is the second request's time (`BeforeDelete` in
 * `staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go`). So the first request's time is kept.
 *
 * @returns the same value where the pod tells nothing new: what was deleted stays deleted
 */
export function afterPod(before: Deletion | undefined, { deletion }: ApiPod): Deletion | undefined {
  if (deletion === undefined) return before;
  const { endsAt, graceMs } = deletion;
  if (before === undefined) return { requestedAt: endsAt - graceMs, graceMs };
  const leftMs = Math.max(SHORTEST_GRACE_MS, endsAt - before.requestedAt);
  return leftMs < before.graceMs ? { ...before, graceMs: leftMs } : before;
}

/** The pod itself is gone from the API (`kubectl delete --force`); the kubelet still gives it its grace period. */
export function afterRemoval(before: Deletion | undefined, pod: ApiPod): Deletion {
  return before ?? { requestedAt: 0, graceMs: pod.gracePeriodMs };
}
