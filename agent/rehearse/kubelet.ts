/** The kubelet of one rehearsed pod: carries out what `lib/kubelet` decides, with processes and real time. */
import { setMaxListeners } from 'node:events';
import type { KubeletEntry } from '../../lib/kubelet/entry.ts';
import { type NotReady, notReady } from '../../lib/kubelet/not-ready.ts';
import type { Container, Pod } from '../../lib/kubelet/pod.ts';
import { type Effect, type Event, initialState, type State } from '../../lib/kubelet/state.ts';
import { step } from '../../lib/kubelet/step.ts';
import { now } from './clock.ts';
import { runHook } from './hook.ts';
import { runProbe } from './probe.ts';
import { type Process, startProcess } from './process.ts';
import type { Stage } from './stage.ts';

export interface KubeletOptions {
  readonly pod: Pod;
  stageOf(container: Container): Stage;
  /** The first delay of a crash loop. */
  readonly backOffMs: number;
  onEntry(entry: KubeletEntry): void;
  onLine(container: string, line: string): void;
  /** A command could not be started at all. */
  onError(container: string, error: Error): void;
}

export interface Kubelet {
  /** @returns the containers that keep the pod from being Ready now. */
  notReady(): readonly NotReady[];
  /** Deletes the pod: the termination begins. */
  delete(): void;
  /** Kills everything at once. */
  destroy(): void;
  /** Resolves when every process has ended and its output is read. */
  closed(): Promise<void>;
  /** As `closed()`, for the container's last process alone. */
  closedOf(container: string): Promise<void>;
}

type Ask<T extends Effect['type']> = Extract<Effect, { readonly type: T }>;

/** Everything that belongs to one run of a container; `ended` drops its exec probes and its exec hook. */
interface Run {
  readonly run: number;
  readonly process: Process;
  readonly ended: AbortController;
}

/** Starts the pod. What happens is told by `onEntry`. */
export function startKubelet(options: KubeletOptions): Kubelet {
  const { pod, backOffMs } = options;
  const containers = new Map(pod.containers.map(one => [one.name, { ...one, stage: options.stageOf(one) }]));
  let state: State = initialState(pod, { initialMs: backOffMs, maxMs: 30 * backOffMs });
  let timer: NodeJS.Timeout | undefined;
  const runs = new Map<string, Run>();
  const processes: Process[] = [];
  const destroyed = new AbortController();
  // Every hook listens to it.
  setMaxListeners(0, destroyed.signal);

  function dispatch(event: Event): void {
    if (destroyed.signal.aborted) return;
    const next = step(state, event);
    state = next.state;
    clearTimeout(timer);
    for (const effect of next.effects) carryOut(effect);
    if (next.wakeAt !== undefined) {
      timer = setTimeout(() => dispatch({ type: 'tick', at: now() }), Math.max(0, next.wakeAt - now()));
    }
  }

  function carryOut(effect: Effect): void {
    if (effect.type === 'tell') return options.onEntry(effect.entry);
    if (effect.type === 'start') return start(effect.container, effect.run);
    const current = runs.get(effect.container);
    if (current?.run !== effect.run) return undefined;
    if (effect.type === 'signal') return current.process.signal(effect.signal);
    // A fault of ours in either ends the whole program, as an unhandled rejection does.
    return void (effect.type === 'probe' ? probe(effect, current) : hook(effect, current));
  }

  function find(name: string): Container & { readonly stage: Stage } {
    const found = containers.get(name);
    if (found === undefined) throw new TypeError(`The pod has no container "${name}"`);
    return found;
  }

  async function probe({ container, run, kind }: Ask<'probe'>, { ended }: Run): Promise<void> {
    const { probes, stage } = find(container);
    const asked = probes[kind];
    if (asked === undefined) return;
    const result = await runProbe(asked, stage, ended.signal);
    dispatch({ type: 'probed', at: now(), container, run, kind, ...result });
  }

  /** An exec hook ends with its container; an httpGet hook goes on as long as there is a kubelet. */
  async function hook({ container, run }: Ask<'hook'>, { ended }: Run): Promise<void> {
    const { preStop, stage } = find(container);
    if (preStop === undefined) return;
    const until = preStop.type === 'exec' ? ended.signal : destroyed.signal;
    const result = await runHook(preStop, stage, until);
    dispatch({ type: 'hook-ended', at: now(), container, run, ...result });
  }

  function start(container: string, run: number): void {
    const { stage } = find(container);
    const ended = new AbortController();
    const process = startProcess(stage.command, stage, {
      onLine: line => options.onLine(container, stage.there(line)),
      onError: error => options.onError(container, error),
      onExit: (code, signal) => {
        ended.abort();
        dispatch({ type: 'exited', at: now(), container, run, code, signal });
      },
    });
    processes.push(process);
    runs.set(container, { run, process, ended });
  }

  const kubelet: Kubelet = {
    notReady: () => notReady(state),
    delete: () => dispatch({ type: 'delete', at: now() }),
    destroy: () => {
      clearTimeout(timer);
      destroyed.abort();
      for (const { ended } of runs.values()) ended.abort();
      for (const process of processes) process.destroy();
    },
    closed: async () => {
      await Promise.all(processes.map(({ closed }) => closed));
    },
    closedOf: async container => await runs.get(container)?.process.closed,
  };
  try {
    dispatch({ type: 'tick', at: now() });
  } catch (error) {
    // Nobody has the handle yet by which what was started could be ended.
    kubelet.destroy();
    throw error;
  }
  return kubelet;
}
