import type { Settings } from '../settings/settings.ts';
import type { DrainEntry, ReleasedBecause } from './entry.ts';
import type { Sample } from './sample.ts';
import type { HookName } from './state.ts';

/** What may happen to a drain. `now` is in ms since the epoch and never goes back. */
export type Event = { readonly now: number } & (
  | { readonly type: 'hook'; readonly container: HookName }
  /** A caller of that hook went away before the answer. */
  | { readonly type: 'hook-left'; readonly container: HookName }
  | { readonly type: 'sigterm' }
  | { readonly type: 'sample'; readonly sample: Sample }
  | { readonly type: 'settings'; readonly settings: Settings }
  /** The API told that the pod is being deleted, which proves a termination, and with what grace period. */
  | { readonly type: 'deletion'; readonly graceMs: number }
  /** The API told whether every EndpointSlice that held the pod has dropped it or calls it terminating. */
  | { readonly type: 'withdrawal'; readonly withdrawn: boolean }
  /** The time that the last step asked to be woken at has come. */
  | { readonly type: 'tick' }
);

/** What the shell is to do. */
export type Effect =
  /** Answer all callers of that hook: the kubelet's SIGTERM to the container follows. */
  | { readonly type: 'answer'; readonly container: HookName; readonly because: ReleasedBecause }
  /** Make the requests of `drain-action`. */
  | { readonly type: 'act' }
  /** The container has been restarted: its readiness starts anew, as failure. */
  | { readonly type: 'reset'; readonly container: string }
  | { readonly type: 'tell'; readonly entry: DrainEntry }
  | { readonly type: 'exit' };
