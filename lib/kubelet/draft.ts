import type { Untimed } from '../untimed.ts';
import type { KubeletEntry } from './entry.ts';
import type { Container, Pod } from './pod.ts';
import type { BackOff, ContainerState, Effect, Live, State } from './state.ts';
import { counts, isLive } from './state.ts';

/** One step's working copy of the state, and what comes of it. */
export interface Draft {
  readonly now: number;
  readonly pod: Pod;
  readonly backOff: BackOff;
  /** Undefined while the pod is up. */
  graceEndsAt: number | undefined;
  /** The earliest time asked for that has not come. */
  readonly wakeAt: number | undefined;
  readonly effects: readonly Effect[];
  /** Whether `at` has come; if not, the step says that it must be woken then. */
  due(at: number): boolean;
  get(container: Container): ContainerState;
  /** The container if its process runs, in that run. */
  live(name: string, run: number): { readonly container: Container; readonly live: Live } | undefined;
  set(container: Container, state: ContainerState): void;
  emit(effect: Effect): void;
  tell(entry: Untimed<KubeletEntry>): void;
  /** Changes a running container's readiness, which is told. */
  setReady(container: Container, live: Live, ready: boolean, reason: string): void;
  readonly containers: ReadonlyMap<string, ContainerState>;
}

/** @returns a draft of `state` at `now`. */
export function createDraft(state: State, now: number): Draft {
  const containers = new Map(state.containers);
  const effects: Effect[] = [];
  let wakeAt: number | undefined;
  const draft: Draft = {
    now,
    pod: state.pod,
    backOff: state.backOff,
    graceEndsAt: state.phase === 'terminating' ? state.graceEndsAt : undefined,
    get wakeAt(): number | undefined {
      return wakeAt;
    },
    effects,
    containers,
    due: at => {
      if (now >= at) return true;
      wakeAt = Math.min(wakeAt ?? at, at);
      return false;
    },
    get: container => containers.get(container.name) ?? { phase: 'waiting', run: 0 },
    live: (name, run) => {
      const container = state.pod.containers.find(one => one.name === name);
      const live = containers.get(name);
      if (container === undefined || live === undefined || !isLive(live) || live.run !== run)
        return undefined;
      return { container, live };
    },
    set: (container, next) => void containers.set(container.name, next),
    emit: effect => void effects.push(effect),
    tell: entry => void effects.push({ type: 'tell', entry: { at: now, ...entry } }),
    setReady: (container, live, ready, reason) => {
      if (live.ready === ready) return;
      draft.set(container, { ...live, ready });
      if (counts(container)) draft.tell({ type: 'ready', container: container.name, ready, reason });
    },
  };
  return draft;
}
