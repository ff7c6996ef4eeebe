import { spell } from '../../../lib/timeline/words.ts';
import { afterInput } from '../after-input.ts';
import { ProbeTimeout } from './problem.ts';

/** The longest that a timer of Node waits; one that is longer fires at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;
/** A timer that is later than that tells of a process that stood still: frozen, or without CPU. */
const STOOD_STILL_MS = 500;

/**
 * The deadline of one request. Where the process stood still when it passed, the request may not even have been sent:
 * it has the whole time again, once. Otherwise an answer that has come in by then is not late.
 *
 * @returns a function that takes it back
 */
export function setDeadline(timeoutMs: number, passed: (error: ProbeTimeout) => void): () => void {
  const waitMs = Math.min(timeoutMs, MAX_TIMER_MS);
  const pass = (): void => passed(new ProbeTimeout(`did not answer within ${spell(timeoutMs)}`));
  let timer: NodeJS.Timeout | undefined;
  function begin(isLast: boolean): void {
    const dueAt = performance.now() + waitMs;
    timer = setTimeout(() => {
      const stoodStill = performance.now() - dueAt > STOOD_STILL_MS;
      if (stoodStill && !isLast) begin(true);
      else afterInput(pass);
    }, waitMs);
  }
  begin(false);
  return () => clearTimeout(timer);
}
