/** @returns ms since the epoch, by a clock that never goes back. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
