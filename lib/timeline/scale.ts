/** Time to pixels, and where an axis has its ticks. */
import { spell } from './words.ts';

/** Times in ms relative to the origin, so that several runs can share it. */
export interface Scale {
  readonly from: number;
  readonly until: number;
  /** @returns the x of a time, within the plot however far off the time is. */
  x(ms: number): number;
}

const STEPS_MS: readonly number[] = [
  100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000,
  3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000,
];
const MOST_TICKS = 12;
const SHORTEST_MS = 1000;

/** @returns a scale of all the ranges; one that would be empty is a second long. */
export function createScale(
  ranges: readonly { readonly from: number; readonly until: number }[],
  left: number,
  right: number,
): Scale {
  const from = Math.min(0, ...ranges.map(range => range.from));
  const until = Math.max(from + SHORTEST_MS, ...ranges.map(range => range.until));
  const x = (ms: number): number => {
    const within = Math.min(Math.max(ms, from), until);
    return Math.round((left + ((within - from) / (until - from)) * (right - left)) * 10) / 10;
  };
  return { from, until, x };
}

/** @returns at most a dozen round times within the scale, with their labels: `-5 s`, `0`, `+5 s`, `+2 min`. */
export function ticksOf({ from, until }: Scale): { readonly at: number; readonly label: string }[] {
  const wanted = (until - from) / MOST_TICKS;
  const step = STEPS_MS.find(candidate => candidate >= wanted) ?? Math.ceil(wanted / 86_400_000) * 86_400_000;
  const ticks = [];
  for (let at = Math.ceil(from / step) * step; at <= until; at += step)
    ticks.push({ at, label: tickLabel(at, step) });
  return ticks;
}

function tickLabel(at: number, step: number): string {
  if (at === 0) return '0';
  const size = Math.abs(at);
  return `${at < 0 ? '-' : '+'}${step < 1000 ? `${(size / 1000).toFixed(1)} s` : spell(size)}`;
}
