/** How many Events may be written: a pod that goes in circles must not fill the cluster's store. */

/** As of a moment, in ms since the epoch. */
export interface Allowance {
  readonly left: number;
  readonly at: number;
}

/** A termination of ten containers has about as many transitions. */
const BURST = 50;
const ONE_MORE_MS = 10_000;

/** @returns all that may be written at once. */
export function fullAllowance(now: number): Allowance {
  return { left: BURST, at: now };
}

/** @returns what is left when one more is written; undefined where it may not be. */
export function spend({ left, at }: Allowance, now: number): Allowance | undefined {
  const grown = Math.min(BURST, left + Math.max(0, now - at) / ONE_MORE_MS);
  return grown < 1 ? undefined : { left: grown - 1, at: now };
}
