/** Whether whoever reads all once, and then ends, is to wait any longer. */

/** How far a resource has been read. */
export interface Reading {
  readonly resource: string;
  /** `watching`: all of it has been read. */
  readonly state: 'starting' | 'watching' | 'lost';
  /** When the server last said anything; null: never. */
  readonly heardAt: number | null;
}

/** Why it is of no use to wait, and for what. */
export interface GivingUp {
  readonly type: 'refused' | 'unanswered' | 'late';
  readonly missing: readonly string[];
}

/** A few tries of each: the server, or who stands between, may just have been started. */
export const ANSWER_WITHIN_MS = 10_000;
export const READ_WITHIN_MS = 120_000;

/**
 * @param areRefused it is refused what all else is of no use without
 * @param ms since it was begun
 * @returns undefined where nothing is missing, or what is may still come
 */
export function givingUp(
  readings: readonly Reading[],
  areRefused: boolean,
  ms: number,
): GivingUp | undefined {
  const unread = readings.filter(({ state }) => state !== 'watching');
  const missing = unread.map(({ resource }) => resource);
  if (missing.length === 0) return undefined;
  if (areRefused && unread.every(({ state }) => state === 'lost')) return { type: 'refused', missing };
  const isAnswered = readings.some(({ state, heardAt }) => state !== 'lost' || heardAt !== null);
  if (ms >= ANSWER_WITHIN_MS && !isAnswered) return { type: 'unanswered', missing };
  return ms >= READ_WITHIN_MS ? { type: 'late', missing } : undefined;
}
