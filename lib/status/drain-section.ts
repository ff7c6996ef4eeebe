/** How far the shutdown has come and what bounds it: for whoever asks why it takes so long. */
import { describeInFlight } from '../timeline/describe.ts';
import { type Markup, markup } from '../timeline/markup.ts';
import { count, oneLine } from '../timeline/words.ts';
import { ago, clock, when } from './moment.ts';
import type { Status, StatusDeadlines, StatusDrain } from './status.ts';

const DEADLINES: readonly (readonly [keyof StatusDeadlines, string])[] = [
  ['drainMinAt', 'drain-min: the drain may end'],
  ['arrivalsMaxAt', 'drain-arrivals-max: new connections are waited for no longer'],
  ['drainMaxAt', 'drain-max: requests in flight are waited for no longer'],
  ['endAt', 'the grace period ends: SIGTERM for whoever has not had it, then SIGKILL'],
  ['healAt', 'whoever is still alive was not terminated: serving again'],
];

/** @returns the section about the drain; nothing while the pod serves. */
export function drainSection({ drain, now }: Status): Markup | undefined {
  if (drain.phase === 'serving') return undefined;
  const facts = [
    fact('What told', drain.evidence === null ? 'nothing yet' : oneLine(drain.evidence)),
    fact('In flight', drain.inFlight === null ? 'not measured' : describeInFlight(drain.inFlight, now)),
    fact('New connections', arrivals(drain, now)),
  ];
  const deadlines = DEADLINES.flatMap(([key, meaning]) => {
    const at = drain.deadlines[key];
    return at === null
      ? []
      : [
          markup`<tr class="${at < now ? 'past' : 'ahead'}"><td>${clock(at, now)}</td><td>${when(at, now)}</td><td>${meaning}</td></tr>
`,
        ];
  });
  return markup`<section><h2>Shutdown</h2><dl>
${facts}</dl>
<table><caption>Deadlines (UTC)</caption><tbody>
${deadlines}</tbody></table></section>
`;
}

const ARRIVALS = {
  arriving: 'still coming',
  silent: 'ended',
  untold: 'too rare to tell their end by silence',
} as const satisfies Readonly<Record<NonNullable<StatusDrain['arrivals']>['state'], string>>;

function arrivals({ arrivals: read }: StatusDrain, now: number): Markup {
  if (read === null) return markup`not counted`;
  const last = read.lastArrivalAt === null ? undefined : markup`, the last ${ago(read.lastArrivalAt, now)}`;
  return markup`${ARRIVALS[read.state]}; ${count(read.count, 'connection')} since the drain began${last}`;
}

function fact(name: string, value: string | Markup): Markup {
  return markup`<dt>${name}</dt><dd>${value}</dd>
`;
}
