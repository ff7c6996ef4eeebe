import type { Entry } from './entry.ts';

/**
 * @returns the moment that a story's times count from, in ms since the epoch: the pod's deletion; where nobody
 * saw that (the agent does not), the first hook or SIGTERM; else the first entry. 0 without entries.
 */
export function originOf(entries: readonly Entry[]): number {
  const first = (...types: readonly Entry['type'][]): number | undefined => {
    const times = entries.filter(entry => types.includes(entry.type)).map(entry => entry.at);
    return times.length === 0 ? undefined : Math.min(...times);
  };
  return (
    first('deleted') ??
    first('hook', 'sigterm') ??
    (entries.length === 0 ? 0 : Math.min(...entries.map(e => e.at)))
  );
}
