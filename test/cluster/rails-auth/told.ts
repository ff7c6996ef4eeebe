/** From what was recorded of a pod's end to its story: pure. */
import * as v from 'valibot';
import { entryOf } from '../../../agent/rehearse/agent-log.ts';
import type { Outcome } from '../../../agent/rehearse/load/outcome.ts';
import { tally } from '../../../agent/rehearse/load/tally.ts';
import type { Entry } from '../../../lib/timeline/entry.ts';
import { kubeletEntriesOf, type LoggedPod } from '../kubelet-log.ts';
import type { Clients } from '../load/plan.ts';
import { type Losses, lossesOf, type PodTimes } from './losses.ts';

/** What was recorded. */
export interface Recorded {
  readonly pod: LoggedPod;
  readonly outcomes: Readonly<Record<Clients, readonly Outcome[]>>;
  readonly kubeletLog: string;
  /** Empty where there is no agent. */
  readonly agentLog: string;
  /** The pod as the API had it, from one change to the next. */
  readonly states: readonly unknown[];
  /** Whether another pod takes over. */
  readonly isReplaced: boolean;
  readonly now: number;
}

export interface Told {
  readonly losses: Readonly<Record<Clients, Losses>>;
  /** The kubelet's log, the agent's, and the clients' outages. */
  readonly timeline: readonly Entry[];
  /** From the deletion to the last container's end. */
  readonly terminationMs: number;
  readonly longestOutageMs: number;
}

/** @returns the story of a pod's end. */
export function tell(recorded: Recorded): Told {
  const { pod, outcomes, now } = recorded;
  const codes = exitCodesOf(recorded.states);
  const kubelet = kubeletEntriesOf(recorded.kubeletLog, pod, now).map(entry => {
    const code = entry.type === 'exited' && entry.signal === null ? codes.get(entry.container) : undefined;
    return { actor: 'kubelet' as const, ...entry, ...(code === undefined ? {} : { code }) };
  });
  const agent = recorded.agentLog.split('\n').flatMap(line => {
    const entry = entryOf(line);
    return entry === undefined ? [] : [entry];
  });
  const timeOf = (type: Entry['type'], container?: string): number[] =>
    kubelet
      .filter(entry => entry.type === type && (container === undefined || isOf(entry, container)))
      .map(({ at }) => at);
  const [deletedAt = Number.NaN] = timeOf('deleted');
  const railsEnds = timeOf('exited', 'rails');
  const [sigtermAt] = timeOf('signal', 'rails');
  const times: PodTimes = {
    graceEndsAt: deletedAt + pod.gracePeriodMs,
    railsEnds,
    leavesAt: recorded.isReplaced ? undefined : sigtermAt,
  };
  const { outages, longestOutageMs } = tally([...outcomes.new, ...outcomes.kept], railsEnds);
  const loads = outages.map(entry => ({ actor: 'load' as const, ...entry }));
  return {
    losses: { new: lossesOf(outcomes.new, times), kept: lossesOf(outcomes.kept, times) },
    timeline: [...kubelet, ...agent, ...loads].toSorted((a, b) => a.at - b.at),
    terminationMs: Math.max(...timeOf('exited')) - deletedAt,
    longestOutageMs,
  };
}

function isOf(entry: Entry, container: string): boolean {
  return 'container' in entry && entry.container === container;
}

const StateSchema = v.object({
  status: v.object({
    containerStatuses: v.optional(v.array(statusSchema()), []),
    initContainerStatuses: v.optional(v.array(statusSchema()), []),
  }),
});

function statusSchema(): v.GenericSchema<unknown, { name: string; code: number | undefined }> {
  return v.pipe(
    v.object({
      name: v.string(),
      state: v.object({ terminated: v.optional(v.object({ exitCode: v.number() })) }),
    }),
    v.transform(({ name, state }) => ({ name, code: state.terminated?.exitCode })),
  );
}

/** The kubelet tells them once, when all containers are gone. */
function exitCodesOf(states: readonly unknown[]): ReadonlyMap<string, number> {
  const codes = new Map<string, number>();
  for (const state of states) {
    if (!v.is(StateSchema, state)) continue;
    const { containerStatuses, initContainerStatuses } = v.parse(StateSchema, state).status;
    for (const { name, code } of [...initContainerStatuses, ...containerStatuses]) {
      if (code !== undefined) codes.set(name, code);
    }
  }
  return codes;
}
