/** @returns ms since the epoch by the monotonic clock: it never goes back, and goes on while the process is stopped. */
export function now(): number {
  return Math.floor(performance.timeOrigin + performance.now());
}
