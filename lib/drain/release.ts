import type { ReleasedBecause } from './entry.ts';
import type { Hook, HookName, Settling } from './state.ts';
import type { Turn } from './turn.ts';

/**
 * Answers one hook, and tells what was still in flight: that is what the container's end may cut.
 *
 * @returns the hook as released
 */
export function release(
  name: HookName,
  hook: Hook,
  because: ReleasedBecause,
  sample: Settling['sample'],
  turn: Turn,
): Hook {
  const left = name === null ? sample?.read.inFlight : sample?.read.containers.get(name)?.inFlight;
  turn.emit({ type: 'answer', container: name, because });
  turn.tell({ type: 'released', container: name, because, left });
  return { ...hook, released: { at: turn.now, because } };
}

/** The agent's end: SIGTERM came and no hook waits. */
export function leave(turn: Turn): void {
  turn.tell({ type: 'exit' });
  turn.emit({ type: 'exit' });
}
