import { type Surroundings, startProcess } from './process.ts';

/** A command that was run to its end: `ok` is an exit with 0. */
export interface ExecResult {
  readonly ok: boolean;
  readonly reason: string;
}

/** Runs an exec probe or hook; when `signal` aborts, what it started is killed. */
export function runToEnd(
  command: readonly string[],
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<ExecResult> {
  const { promise, resolve } = Promise.withResolvers<ExecResult>();
  let last = '';
  const name = command[0] ?? '';
  const running = startProcess(command, surroundings, {
    onExit: (code, by) => {
      const how = by === null ? `exited with ${code}` : `was ended by ${by}`;
      resolve({
        ok: code === 0,
        reason: code === 0 ? '' : `"${name}" ${how}${last === '' ? '' : `: ${last}`}`,
      });
    },
    onError: error => resolve({ ok: false, reason: `"${name}" cannot be run: ${error.message}` }),
    onLine: line => {
      last = line.slice(0, 200);
    },
  });
  const destroy = (): void => running.destroy();
  signal.addEventListener('abort', destroy, { once: true });
  if (signal.aborted) destroy();
  return promise.finally(() => signal.removeEventListener('abort', destroy));
}
