import type { Effect, Event } from '../../lib/drain/event.ts';
import { type State, serving } from '../../lib/drain/state.ts';
import { step } from '../../lib/drain/step.ts';
import type { Settings } from '../../lib/settings/settings.ts';
import type { Untimed } from '../../lib/untimed.ts';
import { afterInput } from './after-input.ts';

/** Holds the drain's state, gives events their time, and wakes it at its deadlines. */
export interface Drainer {
  readonly state: State;
  send(event: Untimed<Event>): void;
  close(): void;
}

/** What a drainer works with. */
export interface DrainerParts {
  readonly settings: Settings;
  /** Ms since the epoch, never going back. */
  readonly now: () => number;
  readonly carryOut: (effect: Effect) => void;
  /** Called after each step, once its effects were carried out. */
  readonly changed: (state: State) => void;
  /** Called with what `carryOut` or `changed` threw. */
  readonly failed: (error: unknown) => void;
}

/** @returns a drainer that serves. */
export function createDrainer({ settings, now, carryOut, changed, failed }: DrainerParts): Drainer {
  let state: State = serving(settings);
  let timer: NodeJS.Timeout | undefined;
  const queue: Untimed<Event>[] = [];
  let isStepping = false;
  let isClosed = false;

  function turn(event: Untimed<Event>): void {
    const result = step(state, { ...event, now: now() });
    state = result.state;
    clearTimeout(timer);
    timer = undefined;
    if (result.wakeAt !== undefined) {
      // Timers may fire a fraction of a millisecond early by the monotonic clock.
      timer = setTimeout(afterInput, Math.max(1, Math.ceil(result.wakeAt - now())), tick);
    }
    for (const effect of result.effects) guard(() => carryOut(effect));
    guard(() => changed(state));
  }

  const tick = (): void => send({ type: 'tick' });

  /** A fault in what is told or read must not end a drain half-way. */
  function guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      failed(error);
    }
  }

  function send(event: Untimed<Event>): void {
    if (isClosed) return;
    queue.push(event);
    if (isStepping) return;
    isStepping = true;
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) turn(next);
    } finally {
      isStepping = false;
    }
  }

  return {
    get state(): State {
      return state;
    },
    send,
    close(): void {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
