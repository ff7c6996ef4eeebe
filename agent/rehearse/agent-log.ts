import type { DrainEntry } from '../../lib/drain/entry.ts';

/** Every type, so that what is read back is known to be one. */
const TYPES = {
  hook: true,
  'hook-left': true,
  sigterm: true,
  deletion: true,
  withdrawn: true,
  termination: true,
  restart: true,
  'agent-restart': true,
  'arrivals-ended': true,
  'arrivals-resumed': true,
  drained: true,
  'dependency-gone': true,
  released: true,
  stopped: true,
  healed: true,
  exit: true,
} as const satisfies Record<DrainEntry['type'], true>;

/** @returns the drain's entry that a line of the agent's log carries in its field `entry`, if it does. */
export function drainEntryOf(line: string): DrainEntry | undefined {
  if (!line.startsWith('{') || !line.includes('"entry"')) return undefined;
  try {
    const logged: unknown = JSON.parse(line);
    if (typeof logged !== 'object' || logged === null || !('entry' in logged)) return undefined;
    return isDrainEntry(logged.entry) ? logged.entry : undefined;
  } catch {
    return undefined;
  }
}

/** It is our own program that wrote it: the type and the time tell it apart from anything else. */
function isDrainEntry(value: unknown): value is DrainEntry {
  if (typeof value !== 'object' || value === null || !('type' in value) || !('at' in value)) return false;
  return typeof value.at === 'number' && Object.hasOwn(TYPES, String(value.type));
}
