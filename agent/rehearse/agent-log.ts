/** What the log of `podusher agent` brings to the timeline: the drain's entries, verdicts, and what it warns of. */
import type { DrainEntry } from '../../lib/drain/entry.ts';
import type { CheckEntry, Entry } from '../../lib/timeline/entry.ts';

/** Every type, so that what is read back is known to be one. */
const TYPES = {
  hook: true,
  'hook-left': true,
  sigterm: true,
  deletion: true,
  withdrawn: true,
  'taken-up': true,
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

const OUTCOMES = {
  passed: true,
  failed: true,
  terminating: true,
  tolerated: true,
  unobserved: true,
} as const satisfies Record<CheckEntry['outcome'], true>;

const WARNINGS: ReadonlySet<unknown> = new Set(['warn', 'error', 'fatal']);

/** @returns what a line of the agent's log has for the timeline, if anything. */
export function entryOf(line: string): Extract<Entry, { actor: 'podusher' }> | undefined {
  const logged = parse(line);
  if (logged === undefined) return undefined;
  const { entry, level, time, msg, check, container, outcome, reason, problems } = logged;
  if (isDrainEntry(entry)) return { actor: 'podusher', ...entry };
  const at = Date.parse(String(time));
  if (Number.isNaN(at)) return undefined;
  const about = typeof container === 'string' ? container : check === 'drain' ? null : undefined;
  if (about !== undefined && isOutcome(outcome)) {
    return { actor: 'podusher', at, type: 'check', container: about, outcome, reason: String(reason) };
  }
  if (!WARNINGS.has(level)) return undefined;
  const more = Array.isArray(problems) ? `: ${problems.join('; ')}` : '';
  return {
    actor: 'podusher',
    at,
    type: 'warning',
    container: typeof container === 'string' ? container : null,
    message: `${String(msg)}${more}`,
  };
}

/** @returns the problems of the settings that a line of the agent's log tells, each with its source before it. */
export function problemsOf(line: string): readonly string[] {
  const problems = parse(line)?.['problems'];
  return Array.isArray(problems) ? problems.map(String) : [];
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const logged: unknown = JSON.parse(line);
    return typeof logged === 'object' && logged !== null ? { ...logged } : undefined;
  } catch {
    return undefined;
  }
}

function isOutcome(value: unknown): value is CheckEntry['outcome'] {
  return typeof value === 'string' && Object.hasOwn(OUTCOMES, value);
}

/** It is our own program that wrote it: the type and the time tell it apart from anything else. */
function isDrainEntry(value: unknown): value is DrainEntry {
  if (typeof value !== 'object' || value === null || !('type' in value) || !('at' in value)) return false;
  return typeof value.at === 'number' && Object.hasOwn(TYPES, String(value.type));
}
