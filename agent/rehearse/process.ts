import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { eachLine } from './lines.ts';

/** How a container's processes are run. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What becomes of a process. Exactly one of `onExit` and `onError` is called, once. */
export interface ProcessEvents {
  onExit(code: number | null, signal: string | null): void;
  /** It could not be started. */
  onError(error: Error): void;
  onLine(line: string): void;
}

/** A container's first process, and what it started, as one process group. */
export interface Process {
  /** SIGTERM goes to the first process alone, as to a container's process 1; SIGKILL to all. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Kills all of it without waiting; nothing happens when nothing is left. */
  destroy(): void;
  /** Resolves when it has ended and its output is read. */
  readonly closed: Promise<void>;
}

/** @returns the process; when it ends, whatever it left behind is killed, as with a container. */
export function startProcess(
  command: readonly string[],
  surroundings: Surroundings,
  events: ProcessEvents,
): Process {
  let child: ReturnType<typeof spawnGroup>;
  try {
    child = spawnGroup(command, surroundings);
  } catch (error) {
    return neverStarted(events, error);
  }
  let ended = false;
  eachLine(child.stdout, line => events.onLine(line));
  eachLine(child.stderr, line => events.onLine(line));
  const closed = new Promise<void>(resolve => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  child.once('error', error => {
    if (ended) return;
    ended = true;
    events.onError(error);
  });
  child.once('exit', (code, signal) => {
    killGroup(child);
    if (ended) return;
    ended = true;
    events.onExit(code, signal);
  });
  return {
    signal: signal => {
      if (signal === 'SIGTERM') child.kill('SIGTERM');
      else killGroup(child);
    },
    destroy: () => {
      if (!ended) killGroup(child);
    },
    closed,
  };
}

function spawnGroup(
  [file = '', ...args]: readonly string[],
  { cwd, env }: Surroundings,
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(file, args, { cwd, env: { ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Some failures, such as arguments too long for the kernel, are thrown rather than told by an event. */
function neverStarted(events: ProcessEvents, cause: unknown): Process {
  const told = cause instanceof Error ? cause : new Error(String(cause));
  process.nextTick(() => events.onError(told));
  return { signal: () => undefined, destroy: () => undefined, closed: Promise.resolve() };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of the group is left.
  }
}
