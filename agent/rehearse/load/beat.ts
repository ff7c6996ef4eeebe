import { now } from '../clock.ts';

/**
 * Calls at even intervals, the first time at once. What a busy machine missed is not made up for.
 *
 * @param rate Calls a second.
 * @returns what ends it.
 */
export function startBeat(rate: number, onBeat: () => void): () => void {
  const intervalMs = 1000 / rate;
  let nextAt = now();
  let timer: NodeJS.Timeout | undefined;
  const beat = (): void => {
    nextAt = Math.max(nextAt + intervalMs, now() - intervalMs);
    timer = setTimeout(beat, Math.max(0, nextAt - now()));
    onBeat();
  };
  beat();
  return () => clearTimeout(timer);
}
