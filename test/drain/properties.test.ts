import { test } from 'node:test';
import * as fc from 'fast-check';
import { blockersOf } from '../../lib/drain/blockers.ts';
import type { Event } from '../../lib/drain/event.ts';
import type { InFlight } from '../../lib/drain/sample.ts';
import { serving } from '../../lib/drain/state.ts';
import { step } from '../../lib/drain/step.ts';
import { waitsOf } from '../../lib/drain/waits.ts';
import type { Settings } from '../../lib/settings/settings.ts';
import { anyPod } from './any-pod.ts';
import { NOTHING, sample } from './pods.ts';
import { checkLeadsOut, checkTransition, type Moment } from './promises.ts';
import { T } from './scenes.ts';

/** What happens next, and how long after the last. */
type Move = { readonly afterMs: number } & (
  | { readonly type: 'hook' | 'hook-left'; readonly who: number }
  | { readonly type: 'sigterm' | 'settings' }
  | { readonly type: 'deletion'; readonly graceMs: number }
  | { readonly type: 'withdrawal'; readonly withdrawn: boolean }
  | {
      readonly type: 'sample';
      readonly arrivals: 'arriving' | 'silent' | 'untold';
      readonly inFlight: Omit<InFlight, 'connections' | 'oldestBegunAt'>;
      readonly ageMs: number;
      readonly gone: readonly boolean[];
    }
);

/** Most things happen at once or in the second; some much later. */
const afterMs: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 999 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1000, max: 40_000 }) },
);

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ afterMs, type: fc.constantFrom('hook' as const), who: fc.nat({ max: 6 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ afterMs, type: fc.constantFrom('hook-left' as const), who: fc.nat({ max: 6 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ afterMs, type: fc.constantFrom('sigterm' as const, 'settings' as const) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      afterMs,
      type: fc.constantFrom('deletion' as const),
      graceMs: fc.constantFrom(0, 1000, 4000, 30_000, 3_600_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      afterMs,
      type: fc.constantFrom('withdrawal' as const),
      withdrawn: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      afterMs,
      type: fc.constantFrom('sample' as const),
      arrivals: fc.constantFrom('arriving' as const, 'silent' as const, 'untold' as const),
      inFlight: fc.record({
        requests: fc.constantFrom(0, 0, 0, 3),
        inDoubt: fc.constantFrom(0, 0, 0, 1),
        unknown: fc.constantFrom(undefined, undefined, undefined, 'netlink refused'),
      }),
      ageMs: fc.constantFrom(0, 50, 20_000),
      gone: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    }),
  },
);

function eventOf(one: Move, settings: Settings, other: Settings, now: number): Event {
  const names = settings.containers.map(({ name }) => name);
  switch (one.type) {
    case 'hook':
    case 'hook-left':
      return {
        type: one.type,
        now,
        container: [settings.self, ...names, null, 'unnamed'].at(one.who) ?? null,
      };
    case 'sigterm':
      return { type: 'sigterm', now };
    case 'deletion':
      return { type: 'deletion', now, graceMs: one.graceMs };
    case 'withdrawal':
      return { type: 'withdrawal', now, withdrawn: one.withdrawn };
    case 'settings':
      return { type: 'settings', now, settings: other };
    case 'sample': {
      const { arrivals, ageMs, gone } = one;
      const isBusy = one.inFlight.requests + one.inFlight.inDoubt > 0;
      const oldestBegunAt = isBusy ? now - ageMs : undefined;
      const inFlight = { ...NOTHING, ...one.inFlight, oldestBegunAt };
      const read = sample({ arrivals, inFlight, gone: names.filter((_, index) => gone[index]) });
      return { type: 'sample', now, sample: read };
    }
  }
}

/** Plays the moves, with a tick whenever the machine asked for one, and then lets time pass until it is over. */
function play(settings: Settings, other: Settings, moves: readonly Move[], lateMs: number): void {
  let moment: Moment = { state: serving(settings), now: T, wakeAt: undefined };
  const send = (event: Event): void => {
    const result = step(moment.state, event);
    checkTransition(moment, event, result);
    moment = { state: result.state, now: event.now, wakeAt: result.wakeAt };
    blockersOf(result.state);
    waitsOf(result.state);
  };
  for (const one of moves) {
    const now = moment.now + one.afterMs;
    while (moment.wakeAt !== undefined && moment.wakeAt + lateMs <= now) {
      send({ type: 'tick', now: moment.wakeAt + lateMs });
    }
    if (moment.state.phase !== 'serving' && moment.state.exited) break;
    send(eventOf(one, settings, other, now));
  }
  checkLeadsOut(moment);
}

for (const lateMs of [0, 7]) {
  test(`step() keeps every promise in any story of any pod when ticks come ${lateMs} ms late`, () => {
    fc.assert(
      fc.property(
        anyPod,
        anyPod,
        fc.array(move, { maxLength: 40, size: 'max' }),
        (settings, other, moves) => {
          play(settings, other, moves, lateMs);
        },
      ),
      { numRuns: 4000 },
    );
  });
}
