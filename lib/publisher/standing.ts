/**
 * How one watch stands, and what follows for whoever leads, or would.
 *
 * Invariant: only a watch that has told again makes a loss good. A list that is read does not, or one that is read again
 * and again would never be lost for long; and the time for which nothing was answered to anybody does not count.
 */
export interface Standing {
  /** Whose loss does not keep from leading. */
  readonly spares: Spares;
  /** It has been read to the end once. */
  readonly isSynced: boolean;
  /** It has not told yet what had happened when it was begun anew last. */
  readonly isBehind: boolean;
  readonly phase: Phase;
}

/** Every loss; those for which the API server refuses it, which whoever leads has the same rights for; none. */
export type Spares = 'all' | 'refusals' | 'none';

/** `lostAt`: since when it has not been whole, so far as that counts; undefined where it was not lost. */
export type Phase =
  /** Pages of a list come in, or are about to for the first time; or all have, or it was whole, and a watch is begun. */
  | { readonly type: 'listing' | 'opening'; readonly lostAt: number | undefined }
  | { readonly type: 'watching' }
  | { readonly type: 'lost'; readonly lostAt: number; readonly code: number | undefined };

export type StandingEvent =
  /** A page of a list has come in; or the last one has, and all of it was taken. */
  | { readonly type: 'page' | 'read' }
  /** All that had happened has been told, and more is. */
  | { readonly type: 'watching' }
  /** @param code the status that the server answered with, where it did. */
  | { readonly type: 'lost'; readonly code: number | undefined }
  /** A watch is begun anew, from where it is. @param awayMs for so long the server had answered nothing. */
  | { readonly type: 'again'; readonly awayMs: number };

/** A restart of API servers takes less; and what is lost for so long is lost for this one alone, or for all. */
const BLIND_AFTER_MS = 30_000;
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 404]);

export function beginning(spares: Spares): Standing {
  return { spares, isSynced: false, isBehind: true, phase: { type: 'listing', lostAt: undefined } };
}

/** @returns how it stands after that. */
export function step(standing: Standing, event: StandingEvent, now: number): Standing {
  const { phase } = standing;
  switch (event.type) {
    case 'page':
      return { ...standing, phase: listed(standing, 'listing', now) };
    case 'read':
      return { ...standing, isSynced: true, phase: listed(standing, 'opening', now) };
    case 'watching':
      return { ...standing, isBehind: false, phase: { type: 'watching' } };
    case 'lost':
      return { ...standing, phase: { type: 'lost', lostAt: lossOf(standing) ?? now, code: event.code } };
    case 'again':
      return { ...standing, isBehind: true, phase: begunAnew(phase, event.awayMs, now) };
  }
}

/** Who is blind by then stays so. */
function listed(standing: Standing, type: 'listing' | 'opening', now: number): Phase {
  return isBlind(standing, now) ? standing.phase : { type, lostAt: lossOf(standing) };
}

/** @returns when it was lost; undefined where it was not, or is spared, whose time does not count. */
function lossOf(standing: Standing): number | undefined {
  const { phase } = standing;
  return phase.type === 'watching' || isSpared(standing) ? undefined : phase.lostAt;
}

/** While nobody was answered nobody knew anything. A list is read on. */
function begunAnew(phase: Phase, awayMs: number, now: number): Phase {
  switch (phase.type) {
    case 'watching':
      return { type: 'opening', lostAt: undefined };
    case 'lost':
      return { ...phase, lostAt: Math.min(now, phase.lostAt + awayMs) };
    default:
      return phase.lostAt === undefined ? phase : { ...phase, lostAt: Math.min(now, phase.lostAt + awayMs) };
  }
}

/** It is lost because the API server refuses it. */
export function isLostByRefusal({ phase }: Standing): boolean {
  return phase.type === 'lost' && REFUSALS.has(phase.code ?? 0);
}

/** It is lost, and does not keep from leading once it has been read. */
export function isSpared(standing: Standing): boolean {
  const { spares, phase } = standing;
  return phase.type === 'lost' && (spares === 'all' || (spares === 'refusals' && isLostByRefusal(standing)));
}

/** It has been lost for long, and keeps from leading. One list that began before that is read to its end first. */
export function isBlind(standing: Standing, now: number): boolean {
  const { phase } = standing;
  return phase.type === 'lost' && !isSpared(standing) && now - phase.lostAt >= BLIND_AFTER_MS;
}

/**
 * @param isWriting it leads, and writes already: what it knows is good enough until the list is read. Anybody else would
 * keep out who can write now.
 */
export function keepsFromLeading(standing: Standing, isWriting: boolean, now: number): boolean {
  return isBlind(standing, now) || (!isWriting && standing.phase.type === 'listing');
}
