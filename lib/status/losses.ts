import { describe } from '../timeline/describe.ts';
import type { Status } from './status.ts';

/**
 * @returns what the drain's releases may have cut, a line for each container that was released with something in
 * flight; empty while nothing was. What was not measured is not named here: the timeline says so.
 */
export function lossesOf({ timeline, drain }: Status): string[] {
  const since = drain.since ?? Infinity;
  return timeline.flatMap(entry => {
    if (entry.type !== 'released' || entry.at < since || entry.left === undefined) return [];
    const { requests, inDoubt, unknown } = entry.left;
    return requests + inDoubt > 0 || unknown !== undefined ? [`May have been cut: ${describe(entry)}`] : [];
  });
}
