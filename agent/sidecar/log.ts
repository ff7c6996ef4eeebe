import { constants, fstatSync, openSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import type { LogLevel } from '../../lib/settings/table.ts';
import { createLogOutput } from './log-output.ts';

export type { Logger } from 'pino';

const STDOUT = 1;

/** The agent's log. */
export interface Log {
  readonly log: Logger;
  /** Resolves when all lines are out, or when the time is over. */
  readonly written: (withinMs: number) => Promise<void>;
}

/**
 * @param lost called for each line that is lost because nobody reads
 * @returns a logger to standard output: one JSON line per transition, written at once so that an end loses none
 */
export function createLog(level: LogLevel, lost: () => void): Log {
  const output = createLogOutput(openStdout(), {
    lost,
    flowing: lostLines =>
      log.error({ lostLines }, `Lines of the log were lost, for nobody read it: ${lostLines}`),
  });
  const log = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: label => ({ level: label }) },
    },
    output,
  );
  // Also after a fault that nobody caught.
  process.on('exit', output.flush);
  return { log, written: output.written };
}

/**
 * Standard output is a pipe, and a write to a full one would wait for whoever should read it, in a thread of its own
 * as well: the process could not end. So it is opened anew, for a pipe's being non-blocking is shared with everybody
 * who was given it.
 *
 * @returns a file descriptor whose writes fail where they would wait
 */
function openStdout(): number {
  // A file never makes anybody wait, and one opened anew would be written over from its start.
  if (fstatSync(STDOUT).isFile()) return STDOUT;
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    return openSync('/proc/self/fd/1', O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    // A socket, or somebody else's pipe: then it is shared. Node makes what it writes to by itself non-blocking.
    process.stdout.on('error', () => {});
    return STDOUT;
  }
}
