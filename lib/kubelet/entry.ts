/** One line of what the kubelet did to a pod's containers. `at` is in ms since the epoch. */
export type KubeletEntry = { readonly at: number } & (
  | { readonly type: 'started'; readonly container: string; readonly restarts: number }
  | { readonly type: 'ready'; readonly container: string; readonly ready: boolean; readonly reason: string }
  | { readonly type: 'pod-ready'; readonly ready: boolean }
  /** Its liveness or startup probe failed: its hook and SIGTERM follow, then a new start. */
  | { readonly type: 'restarting'; readonly container: string; readonly reason: string }
  | { readonly type: 'deleted'; readonly gracePeriodMs: number }
  | { readonly type: 'hook-began'; readonly container: string }
  | {
      readonly type: 'hook-ended';
      readonly container: string;
      readonly outcome: 'answered' | 'failed' | 'abandoned';
      readonly reason: string;
    }
  | { readonly type: 'signal'; readonly container: string; readonly signal: 'SIGTERM' | 'SIGKILL' }
  | {
      readonly type: 'exited';
      readonly container: string;
      readonly code: number | null;
      readonly signal: string | null;
    }
  | { readonly type: 'back-off'; readonly container: string; readonly delayMs: number }
  | { readonly type: 'gone' }
);
