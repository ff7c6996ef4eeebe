import type { Failure, Limits } from './client.ts';

/** A request and its answer, from the first moment on: it ends by its limits, a signal or a word, whichever is first. */
export interface Exchange {
  readonly isOver: boolean;
  /** Why it ended; undefined when the server ended it. */
  readonly ended: Promise<Failure | undefined>;
  /** Ends it; later words count no more. */
  end(failure: Failure | undefined): void;
  fail(reason: string): void;
  /** A part of the answer came. */
  heard(): void;
}

/** @returns an exchange whose deadlines run already. */
export function createExchange(signal: AbortSignal, { headMs, quietMs, wholeMs }: Limits): Exchange {
  const { promise, resolve } = Promise.withResolvers<Failure | undefined>();
  let isOver = false;
  let quiet = setTimeout(fail, headMs, `Did not answer within ${headMs} ms`);
  const whole = setTimeout(fail, wholeMs, `Not done within ${wholeMs} ms`);

  function end(failure: Failure | undefined): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(quiet);
    clearTimeout(whole);
    signal.removeEventListener('abort', stop);
    resolve(failure);
  }

  function fail(reason: string): void {
    end({ reason });
  }

  function stop(): void {
    fail('Stopped');
  }

  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();

  return {
    get isOver(): boolean {
      return isOver;
    },
    ended: promise,
    end,
    fail,
    heard(): void {
      if (isOver) return;
      clearTimeout(quiet);
      quiet = setTimeout(fail, quietMs, `Was quiet for ${quietMs} ms`);
    },
  };
}
