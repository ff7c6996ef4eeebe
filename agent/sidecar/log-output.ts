import { writeSync } from 'node:fs';

/** Two drains' worth of lines, and as much again as a pipe holds. */
const MOST_WAITING_BYTES = 64 * 1024;

/** How often to look whether somebody reads again. */
const RETRY_MS = 100;

/** Lines on their way out. */
export interface LogOutput {
  write(line: string): void;
  /** Writes what goes out at once. */
  readonly flush: () => void;
  /** Resolves when all lines are out, or when the time is over. */
  readonly written: (withinMs: number) => Promise<void>;
}

/** Who is told of lines that were lost. */
export interface LogListener {
  /** One was. */
  lost(): void;
  /** Lines go out again, after so many were lost. */
  flowing(lostLines: number): void;
}

/**
 * Writes each line at once, so that an end of the process loses none. Where nobody reads (a log collector that is
 * stuck), a few wait, and those that come after them are lost: the agent itself never waits.
 *
 * @param fd whose writes fail where they would wait
 */
export function createLogOutput(fd: number, listener: LogListener): LogOutput {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let lostLines = 0;
  let retry: NodeJS.Timeout | undefined;
  let whenWritten: (() => void) | undefined;

  function write(line: string): void {
    const bytes = Buffer.from(line);
    // Once one is lost all are, until that can be said between those before and those after.
    const isFull = lostLines > 0 || waitingBytes + bytes.length > MOST_WAITING_BYTES;
    if (waitingBytes > 0 && isFull) {
      lostLines += 1;
      return listener.lost();
    }
    waiting.push(bytes);
    waitingBytes += bytes.length;
    if (retry === undefined) flush();
  }

  function flush(): void {
    clearTimeout(retry);
    retry = undefined;
    const rest = writeMost(fd, waiting);
    waiting = rest.length === 0 ? [] : [rest];
    waitingBytes = rest.length;
    if (waitingBytes > 0) {
      retry = setTimeout(flush, RETRY_MS).unref();
      return;
    }
    const lost = lostLines;
    lostLines = 0;
    if (lost > 0) listener.flowing(lost);
    whenWritten?.();
  }

  return {
    write,
    flush,
    async written(withinMs): Promise<void> {
      if (waitingBytes === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      whenWritten = resolve;
      const timer = setTimeout(resolve, withinMs);
      await promise;
      clearTimeout(timer);
    },
  };
}

/** @returns what was not written: of a pipe that is full, or has no reader at the moment, or of a disk that is full. */
function writeMost(fd: number, buffers: readonly Buffer[]): Buffer {
  let rest = Buffer.concat(buffers);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest));
  } catch {
    // It is tried again.
  }
  return rest;
}
