// How often connections came from outside before the drain. While serving, only the kernel's counter is read, each
// second; what was opened within the pod is taken off when a drain begins, from what TIME-WAIT remembers then.

/** The counter at one moment: connections accepted so far, less those that the agent accepted. */
export interface Reading {
  readonly at: number;
  readonly accepted: number;
}

const WINDOWS_MS = [10_000, 60_000] as const;
const LONGEST_MS = 60_000;
/** Readings are a second apart, give or take. */
const SLACK_MS = 500;
const SHORTEST_MS = 1000;

/** @returns the readings of the last minute, and this one. */
export function addReading(readings: readonly Reading[], reading: Reading): readonly Reading[] {
  return [...readings.filter(({ at }) => reading.at - at <= LONGEST_MS + SLACK_MS), reading];
}

/**
 * The rate of the last 10 or 60 s, whichever is higher. Connections within the pod that were opened and are kept count
 * as from outside, and kept ones that ended are taken off, for when they were opened is not known: a pool that is
 * opened anew changes nothing.
 *
 * @param readings of the last minute, the last of them now.
 * @param insideAgesMs how long ago connections within the pod were opened, as by `agesOfOpenings`.
 * @returns connections from outside per second; undefined where less than a second was watched.
 */
export function rateOfReadings(
  readings: readonly Reading[],
  insideAgesMs: readonly number[],
): number | undefined {
  const last = readings.at(-1);
  if (last === undefined) return undefined;
  const rates = WINDOWS_MS.flatMap(windowMs => {
    const first = readings.find(({ at }) => last.at - at <= windowMs + SLACK_MS);
    if (first === undefined || last.at - first.at < SHORTEST_MS) return [];
    const spanMs = last.at - first.at;
    return [perSecond(last.accepted - first.accepted - within(insideAgesMs, spanMs), spanMs)];
  });
  return rates.length === 0 ? undefined : Math.max(...rates);
}

/**
 * The same, where connections from outside can be told from the list of sockets alone.
 * @param outsideAgesMs how long ago connections from outside were opened, as by `agesOfOpenings`.
 * @param watchedMs how long the pod has been serving.
 */
export function rateOfAges(outsideAgesMs: readonly number[], watchedMs: number): number | undefined {
  if (watchedMs < SHORTEST_MS) return undefined;
  const rates = WINDOWS_MS.map(windowMs => {
    const spanMs = Math.min(windowMs, watchedMs);
    return perSecond(within(outsideAgesMs, spanMs), spanMs);
  });
  return Math.max(...rates);
}

function within(agesMs: readonly number[], spanMs: number): number {
  return agesMs.filter(ageMs => ageMs <= spanMs).length;
}

/** One alone tells no rate, however short the time: it is taken for one a minute. */
function perSecond(count: number, spanMs: number): number {
  return (Math.max(0, count) * 1000) / (count < 2 ? LONGEST_MS : spanMs);
}
