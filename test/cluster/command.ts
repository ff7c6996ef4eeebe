/** What the commands have in common: signals, and how they end. */
import { Impossible } from './possible.ts';
import type { Say } from './say.ts';

export interface Surroundings {
  /** Aborted by SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  readonly say: Say;
}

/** What a command ends with: 3 says that it can do nothing on this machine. */
function exitCodeOf(error: unknown, wasInterrupted: boolean): number {
  // Whatever it was doing may say so in its own way.
  if (wasInterrupted) return 130;
  return error instanceof Impossible ? 3 : 1;
}

/** Runs a command and sets the exit code; an interruption stops the work, whose cleaning up goes on to its end. */
export async function command(work: (surroundings: Surroundings) => Promise<void>): Promise<void> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interruption.abort(new Error(`Interrupted by ${signal}`)));
  }
  try {
    await work({ signal: interruption.signal, say: text => process.stdout.write(text) });
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = exitCodeOf(error, interruption.signal.aborted);
  }
}

/** @returns a message and those of its causes */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n${messageOf(error.cause)}`;
}
