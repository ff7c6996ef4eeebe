import { doingOf, inOrder, nextOf } from './beside.ts';

/** Runs a test file. @returns whether all its tests hold. */
export type Holds = (file: string) => Promise<boolean>;

/**
 * Runs files, beside each other where they may be (`beside.ts`). When the signal is aborted no more are begun.
 *
 * @returns those that do not hold
 */
export async function runBeside(
  files: readonly string[],
  holds: Holds,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const waiting = [...inOrder(files)];
  const running = new Map<string, Promise<void>>();
  const failed: string[] = [];
  const begin = async (file: string): Promise<void> => {
    waiting.splice(waiting.indexOf(file), 1);
    const isGood = await holds(file);
    running.delete(file);
    if (!isGood) failed.push(file);
  };
  try {
    while (waiting.length + running.size > 0) {
      signal.throwIfAborted();
      const next = nextOf(waiting, [...running.keys()]);
      if (next === undefined) await Promise.race(running.values());
      else running.set(next, begin(next));
    }
  } finally {
    await Promise.allSettled(running.values());
  }
  return failed;
}

/**
 * Runs files once more, each alone; twice one that tells what clients lose, for what is lost in one run of three would
 * hold else more often than not.
 *
 * @returns those that do not hold
 */
export async function runAgain(files: readonly string[], holds: Holds): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const file of files) {
    const tellsLosses = ['measures', 'slows'].includes(doingOf(file));
    const isGood = (await holds(file)) && (!tellsLosses || (await holds(file)));
    if (!isGood) failed.push(file);
  }
  return failed;
}
