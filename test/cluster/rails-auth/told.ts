/** From what was recorded of a pod's end to its story: pure. */
import { entryOf } from '../../../agent/rehearse/agent-log.ts';
import type { Outcome } from '../../../agent/rehearse/load/outcome.ts';
import { tally } from '../../../agent/rehearse/load/tally.ts';
import type { KubeletEntry } from '../../../lib/kubelet/entry.ts';
import type { Entry, LoadEntry } from '../../../lib/timeline/entry.ts';
import { kubeletEntriesOf, type LoggedPod } from '../kubelet-log.ts';
import type { Clients } from '../load/plan.ts';
import { type Losses, lossesOf, type PodTimes } from './losses.ts';
import { type ContainerEnd, podEndsOf } from './pod-ends.ts';

/** What was recorded. */
export interface Recorded {
  readonly pod: LoggedPod;
  readonly outcomes: Readonly<Record<Clients, readonly Outcome[]>>;
  /** Null where the node is not ours. */
  readonly kubeletLog: string | null;
  /** Empty where there is no agent. */
  readonly agentLog: string;
  /** The pod as the API had it, from one change to the next. */
  readonly states: readonly unknown[];
  /** When the deletion was asked for, in ms since the epoch. */
  readonly deletedAt: number;
  /** Whether another pod takes over. */
  readonly isReplaced: boolean;
  readonly now: number;
}

export interface Told {
  readonly losses: Readonly<Record<Clients, Losses>>;
  /** The kubelet's log, the agent's, and the outages of clients that keep their connections. */
  readonly timeline: readonly Entry[];
  /** From the deletion to the last container's end. */
  readonly terminationMs: number;
  /** Of clients that keep their connections. */
  readonly longestOutageMs: number;
}

/** Of a second that the API tells, the middle. */
const HALF_A_SECOND_MS = 500;

/** The exit code of what SIGKILL ended. */
const SIGKILLED = 137;

/** @returns the story of a pod's end. */
export function toldOf(recorded: Recorded): Told {
  const { pod, outcomes } = recorded;
  const ends = podEndsOf(recorded.states);
  const kubelet = kubeletsPart(recorded, ends).map(entry => ({ actor: 'kubelet' as const, ...entry }));
  const agent = recorded.agentLog.split('\n').flatMap(line => {
    const entry = entryOf(line);
    return entry === undefined ? [] : [entry];
  });
  const timeOf = (type: Entry['type'], container?: string): number[] =>
    kubelet
      .filter(entry => entry.type === type && (container === undefined || isOf(entry, container)))
      .map(({ at }) => at);
  const [deletedAt = recorded.deletedAt] = timeOf('deleted');
  // On a busy machine the kubelet logs an end up to a second late; the API has the second in which it was.
  const inSecond = ends.get('rails')?.finishedAt;
  const railsEnds = [
    ...timeOf('exited', 'rails'),
    ...(inSecond === undefined ? [] : [inSecond + HALF_A_SECOND_MS]),
  ];
  const [sigtermAt = deletedAt] = timeOf('signal', 'rails');
  const killedAt = kubelet.find(entry => isOf(entry, 'rails') && isKill(entry))?.at;
  // From its release on the pod is not ready, and gets no new connection; on those that it has Rails goes on to its end.
  const leavesAt = { new: sigtermAt, kept: killedAt ?? sigtermAt };
  const timesOf = (clients: Clients): PodTimes => ({
    graceEndsAt: deletedAt + pod.gracePeriodMs,
    railsEnds,
    leavesAt: recorded.isReplaced ? undefined : leavesAt[clients],
  });
  const { outages, longestOutageMs } = tally(outcomes.kept, railsEnds);
  const loads = [...outages, ...loadEndsOf(outcomes.kept)].map(entry => ({
    actor: 'load' as const,
    ...entry,
  }));
  return {
    losses: { new: lossesOf(outcomes.new, timesOf('new')), kept: lossesOf(outcomes.kept, timesOf('kept')) },
    timeline: [...kubelet, ...agent, ...loads].toSorted((a, b) => a.at - b.at),
    terminationMs: Math.max(...timeOf('exited')) - deletedAt,
    longestOutageMs,
  };
}

/** The load goes on beyond the pod's end. */
function loadEndsOf(outcomes: readonly Outcome[]): LoadEntry[] {
  if (outcomes.length === 0) return [];
  const at = Math.max(...outcomes.map(({ endedAt }) => endedAt));
  return [{ at, type: 'kept-connections-leave' }];
}

/** The pod was Ready when the load began; then by the kubelet's log, or where that cannot be had, by the API. */
function kubeletsPart(recorded: Recorded, ends: ReadonlyMap<string, ContainerEnd>): KubeletEntry[] {
  const { outcomes, kubeletLog, pod, now } = recorded;
  const from = Math.min(recorded.deletedAt, ...outcomes.kept.map(({ startedAt }) => startedAt));
  const ready: KubeletEntry = { at: from, type: 'pod-ready', ready: true };
  if (kubeletLog === null) return [ready, ...entriesOfApi(recorded, ends)];
  const logged = kubeletEntriesOf(kubeletLog, pod, now).map(entry => {
    if (entry.type !== 'exited' || entry.signal !== null) return entry;
    return { ...entry, code: ends.get(entry.container)?.exitCode ?? null };
  });
  return [ready, ...logged];
}

/** The API knows little else but the ends, and these to the second: the middle of it is taken. */
function entriesOfApi({ pod, deletedAt }: Recorded, ends: ReadonlyMap<string, ContainerEnd>): KubeletEntry[] {
  const exits = [...ends].map(([container, { exitCode, finishedAt }]) => {
    const at = finishedAt + HALF_A_SECOND_MS;
    return { at, type: 'exited', container, code: exitCode, signal: null } as const;
  });
  return [{ at: deletedAt, type: 'deleted', gracePeriodMs: pod.gracePeriodMs }, ...exits];
}

function isKill(entry: KubeletEntry): boolean {
  return entry.type === 'exited' && (entry.signal === 'SIGKILL' || entry.code === SIGKILLED);
}

/** @returns whether the entry is about this container. */
export function isOf(entry: Entry, container: string): boolean {
  return 'container' in entry && entry.container === container;
}
