import { parseArgs } from 'node:util';
import { SAMPLE_EVERY_MS } from '../../agent/sidecar/sockets/pace.ts';
import { experiment } from './inflight/experiment.ts';

// In flight against the truth: `npm run bench:inflight -- --seconds 75 --json`. Ends with 1 where a figure does not hold.

const LEAST_IN_FLIGHT_PER_SECOND = 10_000 / 75;

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '75' }, json: { type: 'boolean', default: false } },
});
const seconds = Number(values.seconds);
const figures = await experiment({ seconds, doubtMs: 5000, longestAnswerMs: 8000 });

const share = (part: number, whole: number): string =>
  `${part} of ${whole} (${((100 * part) / whole).toFixed(2)} %)`;
const rows: readonly (readonly [string, string, boolean?])[] = [
  ['Looks at a connection', String(figures.looks)],
  [
    `left out: the truth changed meanwhile, or the request was younger than ${SAMPLE_EVERY_MS} ms`,
    String(figures.leftOut),
  ],
  [
    'In flight, called idle',
    share(figures.inFlightCalledIdle, figures.inFlight),
    figures.inFlightCalledIdle === 0,
  ],
  ['In flight, in doubt', share(figures.inFlightInDoubt, figures.inFlight)],
  ['Idle, called in flight', share(figures.idleCalledInFlight, figures.idle)],
  ['Idle, in doubt', share(figures.idleInDoubt, figures.idle)],
  [
    'Idle, held for longer than drain-doubt after its last byte',
    share(figures.idleHeldTooLong, figures.idleForLong),
    figures.idleHeldTooLong === 0 && figures.idleForLong > 0,
  ],
  ['Enough looks at requests in flight', '', figures.inFlight >= LEAST_IN_FLIGHT_PER_SECOND * seconds],
];
const holds = rows.every(([, , isMet]) => isMet !== false);

if (values.json) console.log(JSON.stringify({ seconds, ...figures, holds }));
else {
  for (const [what, figure, isMet] of rows) {
    console.log(
      `${what.padEnd(80)} ${figure.padStart(24)}  ${isMet === undefined ? '' : isMet ? 'holds' : 'FAILS'}`,
    );
  }
}
process.exitCode = holds ? 0 : 1;
