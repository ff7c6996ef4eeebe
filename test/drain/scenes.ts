/** The drain in virtual time: what happens to the pod and when is given; what the machine did comes out, as lines. */
import type { DrainEntry } from '../../lib/drain/entry.ts';
import type { Effect, Event } from '../../lib/drain/event.ts';
import type { InFlight, Sample } from '../../lib/drain/sample.ts';
import { type HookName, type State, serving } from '../../lib/drain/state.ts';
import { type Step, step } from '../../lib/drain/step.ts';
import type { Settings } from '../../lib/settings/settings.ts';
import type { Untimed } from '../../lib/untimed.ts';
import { NOTHING, sample } from './pods.ts';

/** When every story begins, in ms since the epoch; all other times are relative to it. */
export const T = 1_000_000;

/** How often the agent reads the sockets in a drain. */
const SAMPLE_MS = 100;

/** What every reading says from now on; undefined: there are none. */
type Picture = (Partial<Sample> & { readonly gone?: readonly string[] }) | undefined;

/** An event for the machine, or a change of what the sockets say. */
export type Happening = Untimed<Event> | { readonly type: 'sockets'; readonly picture: Picture };

/** What happens at one moment, in ms since the story began. */
export type Scene = readonly [atMs: number, ...happenings: readonly Happening[]];

/** What came of a story. Each line begins with its time: `5000 rails: drained`. */
export interface Told {
  /** All effects, in their order; a first answer stands for the `released` entry that comes with it. */
  readonly lines: readonly string[];
  /** The hooks' answers alone. */
  readonly answers: readonly string[];
  /** Each phase entered: `1000 draining`. */
  readonly phases: readonly string[];
  readonly entries: readonly DrainEntry[];
  readonly state: State;
  /** When the machine asked to be woken, in ms since the story began. */
  readonly wakeAt: number | undefined;
}

export const SIGTERM: Happening = { type: 'sigterm' };

export const hook = (container: HookName): Happening => ({ type: 'hook', container });

export const left = (container: HookName): Happening => ({ type: 'hook-left', container });

/** Changes part of what the readings say; the rest stays as it is. */
export const sockets = (picture: Picture): Happening => ({ type: 'sockets', picture });

/** The containers that the readings show gone, all of them. */
export const gone = (...names: readonly string[]): Happening => sockets({ gone: names });

/** No reading comes any more. */
export const UNREAD: Happening = sockets(undefined);

/** @returns that many requests, of which the oldest began at `begunMs` of the story. */
export function requests(count: number, begunMs: number, over: Partial<InFlight> = {}): InFlight {
  return { ...NOTHING, requests: count, connections: count, oldestBegunAt: T + begunMs, ...over };
}

/** @returns readings of single containers, none of them gone. */
export function read(containers: Readonly<Record<string, InFlight | undefined>>): Pick<Sample, 'containers'> {
  const known = Object.entries(containers).flatMap(([name, inFlight]) =>
    inFlight === undefined ? [] : [[name, { inFlight, gone: false }] as const],
  );
  return { containers: new Map(known) };
}

/**
 * Plays the scenes and lets time pass: a tick at each `wakeAt`, a reading of the sockets every 100 ms while a drain
 * goes on (silent and with nothing in flight, unless a scene says otherwise).
 *
 * @param untilMs when the story ends, if the agent has not left before
 */
export function tell(settings: Settings, scenes: readonly Scene[], untilMs = 60_000): Told {
  const lines: string[] = [];
  const phases: string[] = [];
  const entries: DrainEntry[] = [];
  const queue = [...scenes];
  let picture: Picture = {};
  let last: Step = { state: serving(settings), effects: [], wakeAt: undefined };
  let hasLeft = false;

  function send(now: number, event: Untimed<Event>): void {
    const { phase } = last.state;
    last = step(last.state, { ...event, now });
    if (last.state.phase !== phase) phases.push(`${now - T} ${last.state.phase}`);
    for (const effect of last.effects) {
      if (effect.type === 'tell') entries.push(effect.entry);
      if (effect.type === 'exit') hasLeft = true;
      const line = wordsOf(effect);
      if (line !== undefined) lines.push(`${now - T} ${line}`);
    }
  }

  for (let now = T; !hasLeft; ) {
    for (; queue[0] !== undefined && T + queue[0][0] <= now; queue.shift()) {
      const [, ...happenings] = queue[0];
      for (const happening of happenings) {
        if (happening.type !== 'sockets') send(now, happening);
        else picture = happening.picture && { ...picture, ...happening.picture };
      }
    }
    if (last.wakeAt !== undefined && last.wakeAt <= now) send(now, { type: 'tick' });
    const reads = last.state.phase !== 'serving' && picture !== undefined;
    if (reads && (now - T) % SAMPLE_MS === 0) send(now, { type: 'sample', sample: sample(picture) });
    const scene = queue[0] === undefined ? Infinity : T + queue[0][0];
    const nextSample = reads ? now + SAMPLE_MS - ((now - T) % SAMPLE_MS) : Infinity;
    now = Math.min(scene, last.wakeAt ?? Infinity, nextSample);
    if (now > T + untilMs) break;
  }
  return {
    lines,
    answers: lines.flatMap(line => (line.includes(' answer ') ? [line.replace(' answer', '')] : [])),
    phases,
    entries,
    state: last.state,
    wakeAt: last.wakeAt === undefined ? undefined : last.wakeAt - T,
  };
}

/** @returns the lines that begin one of the words. */
export function only({ lines }: Told, ...words: readonly string[]): string[] {
  return lines.filter(line => words.includes(line.split(/[ :]+/)[1] ?? ''));
}

function wordsOf(effect: Effect): string | undefined {
  if (effect.type === 'answer') return `answer ${effect.container ?? '(bare)'}: ${effect.because}`;
  if (effect.type === 'reset') return `reset ${effect.container}`;
  if (effect.type !== 'tell') return effect.type === 'act' ? 'act' : undefined;
  const { entry } = effect;
  if (entry.type === 'released') return undefined;
  const about = 'container' in entry ? ` ${entry.container ?? '(bare)'}` : '';
  const why = 'because' in entry ? `: ${entry.because}` : 'evidence' in entry ? `: ${entry.evidence}` : '';
  return `${entry.type}${about}${why}`;
}
