/**
 * What is known of one container: never a bare boolean, always with the reason.
 * `unobserved`: nothing can tell (no probe, no ports); it does not block, and that is said.
 * `pending`: no result yet; it blocks, as readiness starts as failure (kubelet `pkg/kubelet/prober/worker.go`).
 */
export interface Verdict {
  readonly type: 'ready' | 'failed' | 'pending' | 'unobserved';
  /** Why, in a phrase: `HTTP 503 from http://127.0.0.1:3000/healthz`, `port 3000 does not listen`. */
  readonly reason: string;
  /** When the type last changed, in ms since the epoch. */
  readonly since: number;
}
