import { destination, type Logger, pino } from 'pino';
import type { LogLevel } from '../../lib/settings/table.ts';

export type { Logger } from 'pino';

/** @returns a logger to standard output: one JSON line per transition, written at once so that an end loses none. */
export function createLog(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: label => ({ level: label }) },
    },
    destination({ fd: 1, sync: true }),
  );
}
