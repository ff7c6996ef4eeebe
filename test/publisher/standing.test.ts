/** How a watch stands after what became of it, and whether that keeps from leading. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  beginning,
  isLostByRefusal,
  isSpared,
  keepsFromLeading,
  type Spares,
  type StandingEvent,
  step,
} from '../../lib/publisher/standing.ts';

/** `lost 503`, `again 5000` or a type alone; a number: so many ms pass. */
type Step = string | number;

interface Stood {
  readonly phase: string;
  /** Of `behind`, `refused` and `spared`, those that it is. */
  readonly is: string;
  /** Whom it keeps from leading. */
  readonly keeps: 'nobody' | 'who does not write' | 'all';
}

const WATCHING = ['page', 'read', 'watching'];
/** As it goes when each watch is answered with 410: a second for each round. */
const FORGOTTEN = ['lost 410', 900, 'page', 100, 'read'];

const CASES: readonly (readonly [steps: readonly Step[], stood: Stood, spares?: Spares])[] = [
  [[], { phase: 'listing', is: 'behind', keeps: 'who does not write' }],
  [['page', 'read'], { phase: 'opening', is: 'behind', keeps: 'nobody' }],
  [WATCHING, { phase: 'watching', is: '', keeps: 'nobody' }],
  [[...WATCHING, 'again 0'], { phase: 'opening', is: 'behind', keeps: 'nobody' }],
  [[...WATCHING, 'again 0', 'watching'], { phase: 'watching', is: '', keeps: 'nobody' }],
  [[...WATCHING, 'again 0', 'lost', 29_999], { phase: 'lost', is: 'behind', keeps: 'nobody' }],
  [[...WATCHING, 'again 0', 'lost', 30_000], { phase: 'lost', is: 'behind', keeps: 'all' }],
  // Begun anew again and again, for a Lease request failed each time, it tells nothing either.
  [[...WATCHING, 'again 0', 29_999], { phase: 'opening', is: 'behind', keeps: 'nobody' }],
  [[...WATCHING, ...repeat(30, ['again 0', 1000])], { phase: 'opening', is: 'behind', keeps: 'all' }],
  [[...WATCHING, ...repeat(30, ['again 500', 1000])], { phase: 'opening', is: 'behind', keeps: 'nobody' }],
  [[...WATCHING, 'again 0', 20_000, 'lost', 10_000], { phase: 'lost', is: 'behind', keeps: 'all' }],
  // What it told last time is enough.
  [[...WATCHING, 'again 0', 'watching', 'lost'], { phase: 'lost', is: '', keeps: 'nobody' }],
  // A list that is read again is waited for by whoever writes, once.
  [[...WATCHING, 'page', 300_000], { phase: 'listing', is: '', keeps: 'who does not write' }],
  [[...WATCHING, 'lost 410', 'page', 200_000], { phase: 'listing', is: '', keeps: 'who does not write' }],
  [[...WATCHING, 'lost 410', 'page', 200_000, 'read'], { phase: 'opening', is: '', keeps: 'nobody' }],
  [[...WATCHING, 'lost 410', 'page', 200_000, 'lost'], { phase: 'lost', is: '', keeps: 'all' }],
  [[...WATCHING, 'lost 410', 'page', 200_000, 'read', 'lost 410'], { phase: 'lost', is: '', keeps: 'all' }],
  [[...WATCHING, 'lost', 30_000, 'page', 'read'], { phase: 'lost', is: '', keeps: 'all' }],
  [[...WATCHING, 'lost', 30_000, 'page', 'read', 'watching'], { phase: 'watching', is: '', keeps: 'nobody' }],
  [[...WATCHING, ...repeat(29, FORGOTTEN)], { phase: 'opening', is: '', keeps: 'nobody' }],
  [[...WATCHING, ...repeat(40, FORGOTTEN)], { phase: 'lost', is: '', keeps: 'all' }],
  // That a Lease request failed and the next was answered makes nothing good; the time without answers does not count.
  [[...WATCHING, ...repeat(30, ['lost', 1000, 'again 0'])], { phase: 'lost', is: 'behind', keeps: 'all' }],
  [[...WATCHING, 'lost', 60_000, 'again 59000', 28_999], { phase: 'lost', is: 'behind', keeps: 'nobody' }],
  [[...WATCHING, 'lost', 60_000, 'again 59000', 29_000], { phase: 'lost', is: 'behind', keeps: 'all' }],
  [[...WATCHING, 'lost', 1000, 'again 60000', 29_999], { phase: 'lost', is: 'behind', keeps: 'nobody' }],
  // Nodes keep nobody from leading.
  [[...WATCHING, 'page'], { phase: 'listing', is: '', keeps: 'nobody' }, 'all'],
  [[...WATCHING, 'again 0', 60_000], { phase: 'opening', is: 'behind', keeps: 'nobody' }, 'all'],
  // Who is refused.
  [[...WATCHING, 'lost 403', 30_000], { phase: 'lost', is: 'refused', keeps: 'all' }],
  [[...WATCHING, 'lost 403', 30_000], { phase: 'lost', is: 'refused spared', keeps: 'nobody' }, 'refusals'],
  [[...WATCHING, 'lost 503', 30_000], { phase: 'lost', is: '', keeps: 'all' }, 'refusals'],
  [[...WATCHING, 'lost 503', 30_000], { phase: 'lost', is: 'spared', keeps: 'nobody' }, 'all'],
  [
    [...WATCHING, 'lost 403', 60_000, 'lost 503', 29_999],
    { phase: 'lost', is: '', keeps: 'nobody' },
    'refusals',
  ],
  [
    [...WATCHING, 'lost 403', 60_000, 'page'],
    { phase: 'listing', is: '', keeps: 'who does not write' },
    'refusals',
  ],
];

function repeat(times: number, steps: readonly Step[]): Step[] {
  return Array.from({ length: times }, () => steps).flat();
}

function eventOf(text: string): StandingEvent {
  const [type, number] = text.split(' ');
  switch (type) {
    case 'page':
    case 'read':
    case 'watching':
      return { type };
    case 'lost':
      return { type, code: number === undefined ? undefined : Number(number) };
    case 'again':
      return { type, awayMs: Number(number) };
    default:
      throw new Error(text);
  }
}

function stoodAfter(steps: readonly Step[], spares: Spares): Stood {
  let now = 1000;
  let standing = beginning(spares);
  for (const one of steps) {
    if (typeof one === 'number') now += one;
    else standing = step(standing, eventOf(one), now);
  }
  const is = { behind: standing.isBehind, refused: isLostByRefusal(standing), spared: isSpared(standing) };
  const keepsWriters = keepsFromLeading(standing, true, now);
  const keepsOthers = keepsFromLeading(standing, false, now);
  assert.ok(keepsOthers || !keepsWriters, 'nobody is kept from leading because it writes');
  const keptAlone = keepsOthers ? 'who does not write' : 'nobody';
  return {
    phase: standing.phase.type,
    is: Object.entries(is)
      .flatMap(([name, holds]) => (holds ? [name] : []))
      .join(' '),
    keeps: keepsWriters ? 'all' : keptAlone,
  };
}

for (const [steps, stood, spares = 'none'] of CASES) {
  const said = steps.length > 12 ? `${steps.slice(0, 9).join(', ')}, and so on` : steps.join(', ');
  test(`a watch that spares ${spares} is ${stood.phase}, and keeps ${stood.keeps} from leading after ${said || 'nothing'}`, () => {
    assert.deepEqual(stoodAfter(steps, spares), stood);
  });
}

test('a watch is synced from the end of its first list on, whatever comes then', () => {
  let standing = beginning('none');
  for (const [text, isSynced] of [
    ['page', false],
    ['lost 500', false],
    ['page', false],
    ['read', true],
    ['lost 403', true],
    ['page', true],
    ['again 5', true],
  ] as const) {
    standing = step(standing, eventOf(text), 0);
    assert.equal(standing.isSynced, isSynced, text);
  }
});
