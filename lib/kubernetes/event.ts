/**
 * Kubernetes Events, as `kubectl describe pod` shows them: core/v1 (`Event` in `k8s.io/api/core/v1/types.go`), which it
 * reads, with names that sort as they happened, for it sorts by whole seconds.
 */
import type { DrainEntry } from '../drain/entry.ts';
import { blocks, type Readiness } from '../readiness/aggregate.ts';
import { describe } from '../timeline/describe.ts';
import { toneOf } from '../timeline/tone.ts';
import { list, oneLine } from '../timeline/words.ts';

/** What an Event tells of the pod. */
export interface EventContent {
  readonly type: 'Normal' | 'Warning';
  /** In CamelCase. */
  readonly reason: string;
  readonly message: string;
  /** In ms since the epoch. */
  readonly at: number;
}

/** What it is told of. */
export interface EventPod {
  /** A pod unless said. */
  readonly kind?: 'Pod' | 'Service';
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
}

const REASONS: Readonly<Record<DrainEntry['type'], string>> = {
  hook: 'PreStopHookCalled',
  'hook-left': 'PreStopCallerLeft',
  sigterm: 'AgentGotSigterm',
  deletion: 'DeletionTold',
  withdrawn: 'EndpointsWithdrawn',
  'taken-up': 'EndpointsTakenUp',
  termination: 'PodTerminates',
  restart: 'ContainerRestarts',
  'agent-restart': 'AgentRestarts',
  'arrivals-ended': 'NewConnectionsEnded',
  'arrivals-resumed': 'NewConnectionsResumed',
  drained: 'Drained',
  'dependency-gone': 'DependencyGone',
  released: 'ContainerReleased',
  stopped: 'ContainerStopped',
  healed: 'StillAlive',
  exit: 'AgentLeaves',
};

/** The API takes 1024 bytes (`NoteLengthLimit` in `pkg/apis/core/validation/events.go`); a character may be 4. */
const LONGEST_MESSAGE = 250;
const COMPONENT = 'podusher';

/** @returns a line of the timeline. */
export function toldOf(entry: DrainEntry): EventContent {
  const shown = { actor: 'podusher', ...entry } as const;
  return {
    type: toneOf(shown) === 'bad' ? 'Warning' : 'Normal',
    reason: REASONS[entry.type],
    message: oneLine(describe(shown), LONGEST_MESSAGE),
    at: entry.at,
  };
}

/** @returns that the pod has become ready, or why it is not. */
export function toldReadiness({ ready, checks }: Readiness, now: number): EventContent {
  if (ready)
    return { type: 'Normal', reason: 'Ready', message: 'every critical container is ready', at: now };
  const found = checks.filter(blocks);
  const reasons = found.map(one => `${one.name}: ${one.reason}`);
  const isNormal = found.every(({ outcome }) => outcome === 'terminating');
  const message = oneLine(
    `not ready${isNormal ? ', normal termination' : ''}: ${list(reasons)}`,
    LONGEST_MESSAGE,
  );
  return { type: isNormal ? 'Normal' : 'Warning', reason: 'NotReady', message, at: now };
}

/**
 * @param count of the Events so far: it tells those of one millisecond apart
 * @param instance who tells it: the name of its own pod
 * @returns the Event as the API takes it
 */
export function eventOf(
  { type, reason, message, at }: EventContent,
  pod: EventPod,
  count: number,
  instance: string,
): object {
  const { kind = 'Pod', name, namespace, uid } = pod;
  const time = new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
  const suffix = `${at.toString(16).padStart(12, '0')}${(count % 0x10000).toString(16).padStart(4, '0')}`;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name.slice(0, 230).replace(/[-.]+$/, '')}.${suffix}`, namespace },
    involvedObject: { apiVersion: 'v1', kind, name, namespace, uid },
    reason,
    message,
    type,
    count: 1,
    firstTimestamp: time,
    lastTimestamp: time,
    source: { component: COMPONENT },
    reportingComponent: COMPONENT,
    reportingInstance: instance,
  };
}
