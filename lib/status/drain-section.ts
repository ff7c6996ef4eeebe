/** How far the shutdown has come and what bounds it: for whoever asks why it takes so long. */
import { describeInFlight } from '../timeline/describe.ts';
import { type Markup, markup } from '../timeline/markup.ts';
import { count, oneLine } from '../timeline/words.ts';
import { ago, clock, when } from './moment.ts';
import type { Status, StatusDeadlines, StatusDrain } from './status.ts';

const DEADLINES: readonly (readonly [keyof StatusDeadlines, string])[] = [
  ['drainMinAt', 'drain-min: the drain may end'],
  ['arrivalsMaxAt', 'drain-arrivals-max: new connections are waited for no longer'],
  ['keptMaxAt', 'drain-kept-max: requests that begin now, on kept connections, are waited for no longer'],
  ['drainMaxAt', 'drain-max: requests in flight are waited for no longer'],
  ['endAt', 'the grace period ends: SIGTERM for whoever has not had it, then SIGKILL'],
  ['healAt', 'whoever is still alive was not terminated: serving again'],
];

/** @returns the section about the drain; nothing while the pod serves. */
export function drainSection({ drain, now }: Status): Markup | undefined {
  if (drain.phase === 'serving') return undefined;
  const facts = [
    fact('What told', drain.evidence === null ? 'nothing yet' : oneLine(drain.evidence)),
    fact(
      'In flight, from outside the pod',
      drain.inFlight === null ? 'not measured' : describeInFlight(drain.inFlight, now),
    ),
    // Where the pod stays they go on, and nobody waits for their end.
    drain.kind === 'termination' ? fact('New connections', arrivals(drain, now)) : undefined,
  ].filter(one => one !== undefined);
  return markup`<section><h2>${drain.kind === 'restart' ? 'Restart' : 'Shutdown'}</h2><dl>
${facts}</dl>
${deadlineTable(drain, now)}</section>
`;
}

/** In the order of time; nothing where there are none. */
function deadlineTable({ deadlines }: StatusDrain, now: number): Markup | undefined {
  const rows = DEADLINES.flatMap(([key, meaning]) => {
    const at = deadlines[key];
    return at === null ? [] : [{ at, meaning }];
  });
  if (rows.length === 0) return undefined;
  const sorted = rows.toSorted((a, b) => a.at - b.at);
  return markup`<table><caption>Deadlines (UTC)</caption><tbody>
${sorted.map(row => deadlineRow(row, now))}</tbody></table>`;
}

function deadlineRow(
  { at, meaning }: { readonly at: number; readonly meaning: string },
  now: number,
): Markup {
  return markup`<tr class="${at < now ? 'past' : 'ahead'}"><td>${clock(at, now)}</td><td>${when(at, now)}</td><td>${meaning}</td></tr>
`;
}

const ARRIVALS = {
  arriving: 'still coming',
  silent: 'ended',
  untold: 'too rare to tell their end by silence',
} as const satisfies Readonly<Record<NonNullable<StatusDrain['arrivals']>['state'], string>>;

function arrivals({ arrivals: read }: StatusDrain, now: number): Markup {
  if (read === null) return markup`not counted`;
  if (read.state === 'arriving' && read.count === 0) {
    return markup`none since the drain began; not long enough to call that their end`;
  }
  const last = read.lastArrivalAt === null ? undefined : markup`, the last ${ago(read.lastArrivalAt, now)}`;
  return markup`${ARRIVALS[read.state]}; ${count(read.count, 'connection')} since the drain began${last}`;
}

function fact(name: string, value: string | Markup): Markup {
  return markup`<dt>${name}</dt><dd>${value}</dd>
`;
}
