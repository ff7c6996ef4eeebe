/**
 * How light the agent is, beside a bare `node:http` server in CommonJS on the same Node: `npm run bench`. Medians of
 * several rounds; everything runs on loopback, a single wrk thread and 100 requests a second are all the load.
 *
 * --json for machines; --check ends with 1 where a bound is exceeded or could not be measured; --rounds N.
 */
import { parseArgs } from 'node:util';
import { heapGrowth } from './light/heap.ts';
import { startPod } from './light/pod.ts';
import { measureRound, type Round } from './light/round.ts';
import { isWithin, rowsOf, tableOf } from './light/rows.ts';
import { hasWrk } from './light/throughput.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
  },
});

const withWrk = await hasWrk();
if (!withWrk) process.stderr.write('wrk is missing, so throughput is not measured: apt-get install wrk\n');

const pod = await startPod();
try {
  const rounds: Round[] = [];
  for (let number = 1; number <= Number(values.rounds); number++) {
    process.stderr.write(`Round ${number} of ${values.rounds}\n`);
    rounds.push(await measureRound(pod, withWrk));
  }
  process.stderr.write('An hour and a half, squeezed into 90 s\n');
  const rows = rowsOf(rounds, await heapGrowth(pod));
  process.stdout.write(values.json ? `${JSON.stringify(rows, undefined, 2)}\n` : tableOf(rows));
  if (values.check && !rows.every(isWithin)) process.exitCode = 1;
} finally {
  await pod.close();
}
