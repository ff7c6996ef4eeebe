/** What a person who waits is told. */

export type Say = (text: string) => void;

/** Says what is being done, and how long it took. */
export async function step<T>(say: Say, what: string, work: () => Promise<T>): Promise<T> {
  say(`${what} … `);
  const from = performance.now();
  try {
    const result = await work();
    say(`${lasted(performance.now() - from)}\n`);
    return result;
  } catch (error) {
    say(`failed after ${lasted(performance.now() - from)}\n`);
    throw error;
  }
}

/** @returns as `0.4 s` or `9 min 31 s` */
export function lasted(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}
