/**
 * How one watch stands, and what follows for whoever leads, or would.
 *
 * Invariant: only a watch that has told again makes a loss good. A list that is read does not, nor is a watch whole that is
 * begun anew, or one of which that is true again and again would never be lost for long. The time for which the API server
 * has answered nothing does not count.
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

/** `lostAt`: since when it has not been whole, so far as that counts; undefined where it never was. */
export type Phase =
  /** Pages of a list come in, or are about to for the first time. */
  | { readonly type: 'listing'; readonly lostAt: number | undefined }
  /** All have, or it was whole, and a watch is begun: since then, so far as that counts, however often. */
  | { readonly type: 'opening'; readonly lostAt: number | undefined; readonly since: number }
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
      return { ...standing, phase: listed(standing, { type: 'listing', lostAt: lossOf(standing) }, now) };
    case 'read': {
      const opening = { type: 'opening', lostAt: lossOf(standing), since: now } as const;
      return { ...standing, isSynced: true, phase: listed(standing, opening, now) };
    }
    case 'watching':
      return { ...standing, isBehind: false, phase: { type: 'watching' } };
    case 'lost':
      return { ...standing, phase: { type: 'lost', lostAt: lossOf(standing) ?? now, code: event.code } };
    case 'again':
      return { ...standing, isBehind: true, phase: begunAnew(phase, event.awayMs, now) };
  }
}

/** Who is blind by then stays so. */
function listed(standing: Standing, phase: Phase, now: number): Phase {
  return isBlind(standing, now) ? standing.phase : phase;
}

/** @returns when it was lost; undefined where it was not, or is spared, whose time does not count. */
function lossOf(standing: Standing): number | undefined {
  const { phase } = standing;
  return phase.type === 'watching' || isSpared(standing) ? undefined : phase.lostAt;
}

/** While the API server answers nothing, nobody knows anything. A list is read on. */
function begunAnew(phase: Phase, awayMs: number, now: number): Phase {
  const later = (at: number): number => Math.min(now, at + awayMs);
  const lostAt = 'lostAt' in phase && phase.lostAt !== undefined ? later(phase.lostAt) : undefined;
  switch (phase.type) {
    case 'watching':
      return { type: 'opening', lostAt: now, since: now };
    case 'listing':
      return { ...phase, lostAt };
    case 'opening':
      return { ...phase, lostAt, since: later(phase.since) };
    case 'lost':
      return { ...phase, lostAt: later(phase.lostAt) };
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

/**
 * It has been lost for long, or begun anew again and again without a word, and keeps from leading. One list that began before
 * that is read to its end first.
 */
function isBlind(standing: Standing, now: number): boolean {
  const { phase, spares } = standing;
  if (phase.type === 'opening') return spares !== 'all' && now - phase.since >= BLIND_AFTER_MS;
  return phase.type === 'lost' && !isSpared(standing) && now - phase.lostAt >= BLIND_AFTER_MS;
}

/**
 * @param isWriting it leads, and writes already: what it knows is good enough until the list is read. Anybody else would
 * keep out who can write now; but not for a list that whoever leads does without in the end.
 */
export function keepsFromLeading(standing: Standing, isWriting: boolean, now: number): boolean {
  const { phase, spares } = standing;
  return isBlind(standing, now) || (!isWriting && spares !== 'all' && phase.type === 'listing');
}

/** Whoever begins to lead goes on without it, when it has waited for it. */
export function isDispensable(standing: Standing): boolean {
  return standing.spares === 'all' || isSpared(standing);
}
