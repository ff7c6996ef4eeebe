/**
 * `npm run test:cluster`: the tests that need a cluster, on one; some files beside each other (`beside.ts`), for they wait
 * most of the time. Files are named on the command line, or it is all of them; `--test-name-pattern=…` and its like go to
 * `node --test`. With `--second-try`, where a machine must be judged by a run that nobody watches, a file that does not hold
 * is run once more (`runs.ts`), alone, and said to have been.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { glob, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { doingOf } from './beside.ts';
import { withCluster } from './cluster.ts';
import { command, type Surroundings } from './command.ts';
import { isOurs } from './kubectl.ts';
import { STATE } from './machine/place.ts';
import { mend, removeLeft } from './mend.ts';
import { runAgain, runBeside } from './runs.ts';
import { lasted, step } from './say.ts';

const SECOND_TRY = '--second-try';
const TESTS = 'test/cluster/**/*.test.ts';

/** The last ends a file that does not end by itself. */
const OPTIONS = [
  '--test',
  '--test-timeout=900000',
  '--import',
  join(import.meta.dirname, '../left-running.ts'),
];

/** What a test has stopped may take two minutes to run again, after a file's last test. */
const END_MS = '300000';

await command(surroundings => withCluster(surroundings, () => runAll(surroundings)));

async function runAll(surroundings: Surroundings): Promise<void> {
  const { signal, say } = surroundings;
  const args = process.argv.slice(2);
  const named = args.filter(arg => !arg.startsWith('-'));
  const flags = args.filter(arg => arg.startsWith('-') && arg !== SECOND_TRY);
  const files = named.length > 0 ? named : await allFiles();
  const doHold = async (file: string): Promise<boolean> => {
    const isGood = await holds(file, flags, surroundings);
    // It may have been ended before it gave back what all others need.
    if (!isGood && isOurs && doingOf(file) === 'stops') await step(say, 'Put the cluster in order', mend);
    return isGood;
  };
  let failed = await runBeside(files, doHold, signal);
  if (args.includes(SECOND_TRY) && failed.length > 0) {
    if (isOurs) await step(say, 'Put the cluster in order for a second try', mend);
    const first = failed;
    failed = await runAgain(first, doHold);
    const second = first.filter(file => !failed.includes(file));
    if (second.length > 0) say(`\nNot at the first try, but alone at the second: ${second.join(', ')}\n`);
  }
  await step(say, "Wait until the tests' namespaces are gone", removeLeft);
  if (failed.length > 0) throw new Error(`Not all tests on the cluster hold: ${failed.join(', ')}`);
}

async function allFiles(): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const file of glob(TESTS)) files.push(file);
  if (files.length === 0) throw new Error(`There is no ${TESTS} here`);
  return files;
}

/**
 * Runs a file, which ends when this process does, and then says all that it has said. What its tests have in files is in a
 * folder that goes with them, or with the cluster.
 *
 * @returns whether all its tests hold
 */
async function holds(
  file: string,
  flags: readonly string[],
  { signal, say }: Surroundings,
): Promise<boolean> {
  const from = performance.now();
  say(`${file} …\n`);
  const scratch = await mkdtemp(join(isOurs ? STATE : tmpdir(), 'podusher-tests-'));
  const test = ['--pdeathsig', 'TERM', process.execPath, ...OPTIONS, ...flags, file];
  const env = { ...process.env, TMPDIR: scratch, PODUSHER_TEST_END_MS: END_MS };
  const child = spawn('setpriv', test, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const stop = (): boolean => child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  try {
    await once(child, 'close');
    const isGood = child.exitCode === 0;
    const how = isGood ? 'holds' : 'does not hold';
    say(`\n${said.join('')}${file} ${how}, ${lasted(performance.now() - from)}\n\n`);
    signal.throwIfAborted();
    return isGood;
  } finally {
    signal.removeEventListener('abort', stop);
    await rm(scratch, { recursive: true, force: true });
  }
}
