import { type Parsed, parsed, unparsed } from '../parsed.ts';
import { quoted } from '../quoted.ts';

const UNITS: ReadonlyMap<string, number> = new Map([
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
]);

/** A duration as Go's `time.ParseDuration` takes it, down to milliseconds. */
export const DURATION_PATTERN = '([0-9]+(\\.[0-9]+)?(h|ms|m|s))+';

const DURATION = new RegExp(`^${DURATION_PATTERN}$`);

/** What a duration may be, in ms. */
export interface Bounds {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * Reads a duration as Kubernetes writes it: `1m30s`, `500ms`, `1.5s`.
 * @returns whole ms within the bounds, or the problem with what is accepted.
 */
export function parseDuration(text: string, bounds: Bounds): Parsed<number> {
  const accepted = `accepted: ${acceptedDurations(bounds)}`;
  if (/^[0-9.]+$/.test(text)) return unparsed(`${quoted(text)} has no unit; ${accepted}`);
  if (!DURATION.test(text)) return unparsed(`${quoted(text)} is not a duration; ${accepted}`);
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9.]+)([a-z]+)/g)) {
    totalMs += Number(amount) * (UNITS.get(unit ?? '') ?? Number.NaN);
  }
  const { minMs, maxMs } = bounds;
  if (totalMs > maxMs) return unparsed(`${quoted(text)} is more than ${formatDuration(maxMs)}; ${accepted}`);
  if (totalMs < minMs) return unparsed(`${quoted(text)} is less than ${formatDuration(minMs)}; ${accepted}`);
  return parsed(Math.round(totalMs));
}

/** @returns the phrase for what `parseDuration` accepts: `1m30s, 500ms, 0s to 1h`. */
export function acceptedDurations({ minMs, maxMs }: Bounds): string {
  return `1m30s, 500ms, ${formatDuration(minMs)} to ${formatDuration(maxMs)}`;
}

/** @returns ms as Kubernetes writes them, without zero parts: `1m30s`, `500ms`, `0s`, `−1.5s`. */
export function formatDuration(ms: number): string {
  const total = Math.round(Math.abs(ms));
  const sign = ms < 0 && total > 0 ? '−' : '';
  if (total < 1000) return total === 0 ? '0s' : `${sign}${total}ms`;
  const hours = Math.floor(total / 3_600_000);
  const minutes = Math.floor((total % 3_600_000) / 60_000);
  const seconds = (total % 60_000) / 1000;
  const parts = [hours && `${hours}h`, minutes && `${minutes}m`, seconds && `${seconds}s`];
  return sign + parts.filter(Boolean).join('');
}
