/**
 * What one probe found, before any threshold. A `warning` counts as a success that is worth a look, as in the
 * kubelet (`pkg/probe/probe.go`). A probe always ends in one of these; it never throws.
 */
export interface ProbeResult {
  readonly type: 'success' | 'warning' | 'failure';
  /** In a phrase: `HTTP 503 from http://127.0.0.1:3000/healthz`. */
  readonly reason: string;
  /** Nobody listens at the pod's port that it asks: the container has ended, or has not begun to serve. */
  readonly isRefused?: boolean;
}
