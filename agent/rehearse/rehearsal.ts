/** One rehearsal, from the first container's start to the last one's end. It leaves nothing behind. */
import type { Mismatch } from '../../lib/lint/subject.ts';
import type { Entry } from '../../lib/timeline/entry.ts';
import { inOrder } from '../../lib/timeline/order.ts';
import { spell } from '../../lib/timeline/words.ts';
import { entryOf, problemsOf } from './agent-log.ts';
import type { Cast } from './cast.ts';
import { within } from './deadline.ts';
import { RehearsalError } from './failure.ts';
import { type Kubelet, startKubelet } from './kubelet.ts';
import { createLoad, type Load } from './load/load.ts';
import { tally } from './load/tally.ts';
import type { Options } from './options.ts';
import { checkPortsAreFree } from './ports.ts';
import { stageOf } from './stage.ts';
import { badSettings, isTold, whyNotReady } from './why-not-ready.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

/** What `--json` prints of a run. */
export interface Result {
  readonly sent: number;
  readonly failed: number;
  readonly cut: number;
  readonly longestOutageMs: number;
  /** From the deletion to the last container's end. */
  readonly terminationMs: number;
  readonly timeline: readonly Entry[];
  /** What of the manifest is unknown to Kubernetes, or does not fit together. */
  readonly warnings: readonly Mismatch[];
}

/** Who looks on. */
export interface Watcher {
  onPhase(phase: 'starting' | 'serving' | 'terminating', load: Load): void;
  onLine(container: string, line: string): void;
}

const LAST_LINES = 20;

/** Beyond the grace period and the 2 s after it, for processes that the system is slow to end. */
const END_SLACK_MS = 10_000;
const CLOSE_MS = 2_000;

/** How the agent exits that has bad flags or variables (`agent/sidecar/command.ts`). */
const BAD_INPUT = 2;

/**
 * @param program This very program, for the containers that run it.
 * @param signal Aborts the rehearsal.
 * @throws {RehearsalError} when it cannot be held, or is aborted.
 */
export async function holdRehearsal(
  cast: Cast,
  options: Options,
  program: string,
  watcher: Watcher,
  signal: AbortSignal,
): Promise<Result> {
  await checkPortsAreFree(cast.pod);
  const workspace = createWorkspace(cast.pod.volumes, program);
  const load = createLoad({ ...options, target: cast.target });
  let kubelet: Kubelet | undefined;
  const cleanUp = (): void => {
    kubelet?.destroy();
    workspace.remove();
  };
  // Should this process crash, the containers must not stay.
  process.once('exit', cleanUp);
  try {
    const play = startPlay(cast, options, workspace, load, watcher, signal);
    kubelet = play.kubelet;
    await act(play, cast, options, load, watcher);
    return resultOf(cast, play.timeline, load);
  } finally {
    cleanUp();
    process.off('exit', cleanUp);
    await load.stop();
  }
}

/** What goes on, as the acts below see it; the promises reject when the rehearsal cannot go on. */
interface Play {
  readonly kubelet: Kubelet;
  readonly timeline: Entry[];
  readonly lastLines: readonly string[];
  readonly ready: Promise<void>;
  readonly gone: Promise<void>;
  /** Never resolves. */
  readonly failed: Promise<void>;
}

function startPlay(
  cast: Cast,
  options: Options,
  workspace: Workspace,
  load: Load,
  watcher: Watcher,
  signal: AbortSignal,
): Play {
  const { pod, actors, warnings } = cast;
  const warned = warnings.map(({ message }) => message);
  const timeline: Entry[] = [];
  const lastLines: string[] = [];
  const ready = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<void>();
  failed.promise.catch(() => undefined);
  const abort = (): void => failed.reject(new RehearsalError('ERR_ABORTED', 'The rehearsal was broken off'));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });

  /** The agent has told all its problems and ended; its last lines may be on their way. */
  async function refused(container: string): Promise<void> {
    await within(kubelet.closedOf(container), CLOSE_MS, () => undefined);
    const message = `The pod cannot become Ready:\n  ${container}: it exited with code ${BAD_INPUT}, for what it says above`;
    failed.reject(new RehearsalError('ERR_NOT_READY', message, { output: lastLines }));
  }

  const kubelet = startKubelet({
    pod,
    stageOf: container => stageOf(container, actors, pod, workspace),
    backOffMs: options.backOffMs,
    onEntry: entry => {
      timeline.push({ actor: 'kubelet', ...entry });
      if (entry.type === 'pod-ready') load.podIsReady(entry.ready);
      if (entry.type === 'pod-ready' && entry.ready) ready.resolve();
      if (entry.type === 'deleted') load.podTerminates();
      if (entry.type === 'gone') gone.resolve();
      // What is bad is in the manifest: it would only be told again, after each back-off.
      const isRefused = entry.type === 'exited' && entry.code === BAD_INPUT;
      if (isRefused && actors.get(entry.container)?.isAgent === true) void refused(entry.container);
    },
    onLine: (container, line) => {
      watcher.onLine(container, line);
      const isAgent = actors.get(container)?.isAgent === true;
      const entry = isAgent ? entryOf(line) : undefined;
      if (entry !== undefined) timeline.push(entry);
      const problems = isAgent ? problemsOf(line) : [];
      // Here nobody mends them.
      const isAsked = pod.containers.find(({ name }) => name === container)?.probes.readiness !== undefined;
      if (problems.length > 0 && isAsked) {
        const why = badSettings(problems, warned);
        failed.reject(new RehearsalError('ERR_NOT_READY', `The pod cannot become Ready:\n${why}`));
      }
      if (problems.length > 0 && problems.every(problem => isTold(problem, warned))) return;
      lastLines.push(`[${container}] ${line}`);
      if (lastLines.length > LAST_LINES) lastLines.shift();
    },
    onError: (container, cause) => {
      const message = `The command of container "${container}" cannot be started: ${cause.message}`;
      failed.reject(new RehearsalError('ERR_COMMAND', message, { cause }));
    },
  });
  const orFailed = (promise: Promise<void>): Promise<void> => Promise.race([promise, failed.promise]);
  return {
    kubelet,
    timeline,
    lastLines,
    ready: orFailed(ready.promise),
    gone: orFailed(gone.promise),
    failed: failed.promise,
  };
}

async function act(
  { kubelet, lastLines, ready, gone, failed }: Play,
  { pod, actors, warnings }: Cast,
  options: Options,
  load: Load,
  watcher: Watcher,
): Promise<void> {
  gone.catch(() => undefined);
  watcher.onPhase('starting', load);
  const isReady = await within(
    ready.then(() => true),
    options.readyTimeoutMs,
    () => false,
  );
  if (!isReady) {
    const warned = warnings.map(({ message }) => message);
    const why = await whyNotReady(kubelet.notReady(), pod, actors, warned);
    const message = `The pod is not Ready after ${spell(options.readyTimeoutMs)}:\n${why}`;
    throw new RehearsalError('ERR_NOT_READY', message, { output: lastLines });
  }
  watcher.onPhase('serving', load);
  await within(failed, options.beforeMs, () => undefined);
  watcher.onPhase('terminating', load);
  kubelet.delete();
  const endMs = pod.gracePeriodMs + 2_000 * pod.containers.length + END_SLACK_MS;
  await within(gone, endMs, () => {
    const message = 'Processes outlived the grace period, though SIGKILL was sent to them';
    throw new RehearsalError('ERR_STILL_RUNNING', message, { output: lastLines });
  });
  await load.stop();
  // The agent's last lines may be on their way.
  await within(kubelet.closed(), CLOSE_MS, () => undefined);
}

function resultOf({ target, warnings }: Cast, kept: readonly Entry[], load: Load): Result {
  const endings = kept.filter(
    entry =>
      (entry.type === 'exited' || (entry.type === 'signal' && entry.signal === 'SIGKILL')) &&
      entry.container === target.container,
  );
  const { outages, ...counts } = tally(
    load.outcomes,
    endings.map(({ at }) => at),
  );
  const loads = [...load.entries, ...outages].map(entry => ({ actor: 'load', ...entry }) as const);
  const at = (type: Entry['type']): number => kept.find(entry => entry.type === type)?.at ?? Number.NaN;
  const readyAt = kept.find(entry => entry.type === 'pod-ready' && entry.ready)?.at ?? Number.NaN;
  // That nobody is ready before its first probe, and from SIGTERM on, goes without saying.
  const checks = kept.filter(entry => entry.type === 'check');
  const told = checks.filter(entry => entry.at >= readyAt && entry.at < leavesAt(kept, entry.container));
  // Each release is told by itself; that the pod is not ready any more is news but once.
  const released = told.find(({ outcome }) => outcome === 'terminating');
  const news = new Set<Entry>(told.filter(one => one.outcome !== 'terminating' || one === released));
  const telling = kept.filter(entry => entry.type !== 'check' || news.has(entry));
  const timeline = inOrder([...telling, ...loads]);
  return { ...counts, terminationMs: at('gone') - at('deleted'), timeline, warnings };
}

/** @returns when the container's end began with the pod's; Infinity for none. */
function leavesAt(entries: readonly Entry[], container: string | null): number {
  const deletedAt = entries.find(({ type }) => type === 'deleted')?.at ?? Infinity;
  const end = entries.find(
    entry =>
      (entry.type === 'signal' || entry.type === 'exited') &&
      entry.container === container &&
      entry.at >= deletedAt,
  );
  return end?.at ?? Infinity;
}
