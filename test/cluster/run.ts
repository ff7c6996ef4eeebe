/** Commands of the system, each with a deadline. */
import { spawn } from 'node:child_process';

/** How much of what a command says is kept. */
const OUTPUT_MAX = 16 * 1024 * 1024;

/** After SIGTERM, how long a command may take to put its things away. */
const LEAVE_MS = 5_000;

export interface RunOptions {
  readonly timeoutMs: number;
  readonly cwd?: string;
  /** Beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from its standard input. */
  readonly input?: string;
  readonly signal?: AbortSignal;
}

export interface Ended {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** A command that did not end with 0; its `message` has the end of what it said. */
export class CommandFailed extends Error {
  readonly code = 'COMMAND_FAILED';
  readonly ended: Ended;

  constructor(command: readonly string[], ended: Ended, timeoutMs: number) {
    const why = ended.timedOut ? `had not ended after ${timeoutMs} ms` : `ended with ${ended.status}`;
    const said = (ended.stderr || ended.stdout).trim().split('\n').slice(-15).join('\n');
    super(`"${command.join(' ').slice(0, 200)}" ${why}${said === '' ? '' : `:\n${said}`}`);
    this.ended = ended;
  }
}

/**
 * Runs a command to its end.
 *
 * @returns what it wrote to its standard output
 * @throws CommandFailed unless it ended with 0 in time; the signal's reason when that stopped it
 */
export async function run(command: readonly string[], options: RunOptions): Promise<string> {
  const ended = await attempt(command, options);
  if (ended.status !== 0) throw new CommandFailed(command, ended, options.timeoutMs);
  return ended.stdout;
}

/** Runs a command to its end, whatever that is. */
export function attempt(command: readonly string[], options: RunOptions): Promise<Ended> {
  const [file = '', ...args] = command;
  const { timeoutMs, cwd, env, input, signal } = options;
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: 'pipe' });
    let timedOut = false;
    let kill: NodeJS.Timeout | undefined;
    const stop = (): void => {
      child.kill('SIGTERM');
      kill ??= setTimeout(() => child.kill('SIGKILL'), LEAVE_MS);
    };
    const late = setTimeout(() => {
      timedOut = true;
      stop();
    }, timeoutMs);
    signal?.addEventListener('abort', stop);
    const settle = (): void => {
      clearTimeout(late);
      clearTimeout(kill);
      signal?.removeEventListener('abort', stop);
    };
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    child.once('error', error => {
      settle();
      const isMissing = Object(error).code === 'ENOENT';
      reject(isMissing ? new Error(`"${file}" is not on the PATH`, { cause: error }) : error);
    });
    child.once('close', status => {
      settle();
      if (signal?.aborted === true) reject(signal.reason);
      else resolve({ status, stdout: stdout(), stderr: stderr(), timedOut });
    });
    // A command that does not read its input says so by how it ends.
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
  });
}

/** @returns what tells the last of what a stream said. */
function collect(stream: NodeJS.ReadableStream): () => string {
  let chunks: string[] = [];
  let length = 0;
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length > OUTPUT_MAX) {
      chunks = [chunks.join('').slice(-OUTPUT_MAX / 2)];
      length = OUTPUT_MAX / 2;
    }
  });
  return () => chunks.join('');
}
