/** A pod in virtual time: what its containers, hooks and probes do is given; what the kubelet did comes out. */
import type { KubeletEntry } from '../../lib/kubelet/entry.ts';
import type { Container, Hook, KubeletProbe, Pod, ProbeKind } from '../../lib/kubelet/pod.ts';
import { BACK_OFF, type Effect, type Event, initialState, type State } from '../../lib/kubelet/state.ts';
import { step } from '../../lib/kubelet/step.ts';

/** What a container does. Times in ms; undefined: never. */
export interface Behaviour {
  /** By itself, after its start. */
  readonly exitsAfterMs?: number | undefined;
  readonly exitCode?: number;
  readonly exitsAfterSigtermMs?: number | undefined;
  readonly hookMs?: number | undefined;
  /** Whether its probes succeed, by the time since its start. */
  readonly answers?: (kind: ProbeKind, sinceStartMs: number) => boolean;
}

export interface Script {
  readonly deleteAt?: number;
  readonly until: number;
  readonly behaviours: Readonly<Record<string, Behaviour>>;
}

export interface Played {
  readonly state: State;
  readonly entries: readonly KubeletEntry[];
}

export function pod(containers: readonly Container[], gracePeriodMs = 30_000): Pod {
  return {
    name: 'web',
    namespace: 'default',
    labels: {},
    annotations: {},
    gracePeriodMs,
    containers,
    volumes: [],
  };
}

export function container(name: string, given: Partial<Container> = {}): Container {
  return {
    name,
    kind: 'regular',
    image: '',
    command: [name],
    args: [],
    workingDir: undefined,
    env: [],
    ports: [],
    mounts: [],
    preStop: undefined,
    probes: {},
    ...given,
  };
}

export const HOOK: Hook = { type: 'sleep', durationMs: 0 };

export function probe(given: Partial<KubeletProbe> = {}): KubeletProbe {
  return {
    action: { type: 'tcpSocket', host: undefined, port: 1 },
    initialDelaySeconds: 0,
    periodSeconds: 1,
    timeoutSeconds: 1,
    successThreshold: 1,
    failureThreshold: 1,
    gracePeriodMs: undefined,
    ...given,
  };
}

/** Plays the script from time 0. */
export function play(given: Pod, { deleteAt, until, behaviours }: Script): Played {
  const entries: KubeletEntry[] = [];
  const queue: Event[] = [{ type: 'tick', at: 0 }];
  const startedAt = new Map<string, number>();
  let state = initialState(given, BACK_OFF);
  if (deleteAt !== undefined) queue.push({ type: 'delete', at: deleteAt });

  function follow(effect: Effect, at: number): void {
    if (effect.type === 'tell') return void entries.push(effect.entry);
    const { container: name, run } = effect;
    const does = behaviours[name] ?? {};
    const exit = (afterMs: number | undefined, code: number | null, signal: string | null): void => {
      if (afterMs !== undefined)
        queue.push({ type: 'exited', at: at + afterMs, container: name, run, code, signal });
    };
    switch (effect.type) {
      case 'start':
        startedAt.set(name, at);
        return exit(does.exitsAfterMs, does.exitCode ?? 1, null);
      case 'probe': {
        const ok = does.answers?.(effect.kind, at - (startedAt.get(name) ?? at)) ?? true;
        const { kind } = effect;
        return void queue.push({ type: 'probed', at, container: name, run, kind, ok, reason: 'told so' });
      }
      case 'hook':
        if (does.hookMs === undefined) return undefined;
        return void queue.push({
          type: 'hook-ended',
          at: at + does.hookMs,
          container: name,
          run,
          outcome: 'answered',
          reason: '',
        });
      case 'signal':
        return effect.signal === 'SIGKILL'
          ? exit(0, null, 'SIGKILL')
          : exit(does.exitsAfterSigtermMs, 0, null);
    }
  }

  let wakeAt: number | undefined;
  for (;;) {
    queue.sort((a, b) => a.at - b.at);
    const [first] = queue;
    const event: Event | undefined =
      wakeAt !== undefined && (first === undefined || wakeAt < first.at)
        ? { type: 'tick', at: wakeAt }
        : queue.shift();
    if (event === undefined || event.at > until) return { state, entries };
    const next = step(state, event);
    ({ state, wakeAt } = next);
    for (const effect of next.effects) follow(effect, event.at);
  }
}

/** The entries as short lines: `5000 SIGTERM rails`. */
export function lines({ entries }: Played): string[] {
  return entries.map(entry => {
    const name = 'container' in entry ? ` ${entry.container}` : '';
    return `${entry.at} ${wordOf(entry)}${name}`;
  });
}

function wordOf(entry: KubeletEntry): string {
  if (entry.type === 'signal') return entry.signal;
  if (entry.type === 'ready') return entry.ready ? 'ready' : 'unready';
  if (entry.type === 'pod-ready') return `pod ${entry.ready ? 'ready' : 'unready'}`;
  if (entry.type === 'hook-ended') return `hook ${entry.outcome}`;
  return entry.type === 'back-off' ? `back-off ${entry.delayMs}` : entry.type;
}
