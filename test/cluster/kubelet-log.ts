/**
 * What the kubelet did to a pod at its end, from its own log: pure. The lines are those of `killContainer` and
 * `executePreStopHook` in `pkg/kubelet/kuberuntime/kuberuntime_container.go`; hooks and exits are told from verbosity 3.
 */
import type { KubeletEntry } from '../../lib/kubelet/entry.ts';

/** The pod that is looked for. */
export interface LoggedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly gracePeriodMs: number;
}

/** What is known of a container while its end is read. */
interface Stopping {
  /** A hook that failed is called completed too, a line later. */
  hookFailed: boolean;
  /** What it had left of its grace period when it got SIGTERM. */
  sigterm: { readonly at: number; readonly graceMs: number } | undefined;
}

/** The kubelet counts the grace period in seconds, and containerd kills a moment after it. */
const KILL_SLACK_MS = 100;

/**
 * @param log The kubelet's log, with klog's header: `I1122 05:38:34.123456 …`, in this machine's time zone.
 * @param now Gives the year, in ms since the epoch.
 * @returns the pod's deletion, hooks, signals and ends, in the log's order. No exit code is known.
 */
export function kubeletEntriesOf(log: string, pod: LoggedPod, now: number): KubeletEntry[] {
  const { namespace, name, uid, gracePeriodMs } = pod;
  const stopping = new Map<string, Stopping>();
  let isDeleted = false;
  return log.split('\n').flatMap((line): KubeletEntry[] => {
    const at = timeOf(line, now);
    const message = /\] "(?<message>[^"]+)"/u.exec(line)?.groups?.['message'];
    if (at === undefined || message === undefined) return [];
    if (message === 'SyncLoop DELETE' && line.includes(`"${namespace}/${name}"`)) {
      // Once more when the pod has ended, and its object goes.
      if (isDeleted) return [];
      isDeleted = true;
      return [{ at, type: 'deleted', gracePeriodMs }];
    }
    const container = /containerName="(?<name>[^"]+)"/u.exec(line)?.groups?.['name'];
    if (container === undefined || !line.includes(`podUID="${uid}"`)) return [];
    const known = stopping.get(container) ?? { hookFailed: false, sigterm: undefined };
    stopping.set(container, known);
    return entriesOf(message, { at, container }, line, known);
  });
}

function entriesOf(
  message: string,
  head: { readonly at: number; readonly container: string },
  line: string,
  known: Stopping,
): KubeletEntry[] {
  switch (message) {
    case 'Running preStop hook':
      known.hookFailed = false;
      return [{ ...head, type: 'hook-began' }];
    case 'PreStop hook completed':
      return known.hookFailed ? [] : [{ ...head, type: 'hook-ended', outcome: 'answered', reason: '' }];
    case 'PreStop hook failed':
      known.hookFailed = true;
      return [{ ...head, type: 'hook-ended', outcome: 'failed', reason: 'the request failed' }];
    case 'PreStop hook not completed in grace period':
      return [{ ...head, type: 'hook-ended', outcome: 'abandoned', reason: 'the grace period is over' }];
    case 'Killing container with a grace period': {
      const graceMs = 1000 * Number(/gracePeriod=(?<seconds>\d+)/u.exec(line)?.groups?.['seconds']);
      known.sigterm = { at: head.at, graceMs };
      return [{ ...head, type: 'signal', signal: 'SIGTERM' }];
    }
    case 'Container exited normally':
      return endOf(head, known);
    default:
      return [];
  }
}

/** The kubelet calls every end normal: what took all of the grace period was killed. */
function endOf(
  head: { readonly at: number; readonly container: string },
  { sigterm }: Stopping,
): KubeletEntry[] {
  const killed = sigterm !== undefined && head.at - sigterm.at >= sigterm.graceMs - KILL_SLACK_MS;
  if (!killed) return [{ ...head, type: 'exited', code: null, signal: null }];
  return [
    { ...head, type: 'signal', signal: 'SIGKILL' },
    { ...head, type: 'exited', code: null, signal: 'SIGKILL' },
  ];
}

/** klog writes no year: it is this one, or at its beginning the last. */
function timeOf(line: string, now: number): number | undefined {
  const head = /^[IWEF](?<month>\d\d)(?<day>\d\d) (?<time>\d\d:\d\d:\d\d\.\d{3})/u.exec(line)?.groups;
  if (head === undefined) return undefined;
  const year = new Date(now).getFullYear();
  const of = (which: number): number =>
    new Date(`${which}-${head['month']}-${head['day']}T${head['time']}`).getTime();
  return of(year) > now + 86_400_000 ? of(year - 1) : of(year);
}
