/**
 * `npm run test:cluster`: the tests that need a cluster, on one; some files beside each other (`beside.ts`), for they wait
 * most of the time. Files are named on the command line, or it is all of them; `--test-name-pattern=…` and its like go to
 * `node --test`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { glob, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inOrder, nextOf } from './beside.ts';
import { withCluster } from './cluster.ts';
import { command, type Surroundings } from './command.ts';
import { isOurs } from './kubectl.ts';
import { STATE } from './machine/place.ts';
import { removeLeft } from './mend.ts';
import { lasted, step } from './say.ts';

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
  const args = process.argv.slice(2);
  const named = args.filter(arg => !arg.startsWith('-'));
  const flags = args.filter(arg => arg.startsWith('-'));
  const waiting = [...inOrder(named.length > 0 ? named : await allFiles())];
  const running = new Map<string, Promise<void>>();
  const failed: string[] = [];
  const begin = async (file: string): Promise<void> => {
    waiting.splice(waiting.indexOf(file), 1);
    const isGood = await holds(file, flags, surroundings);
    running.delete(file);
    if (!isGood) failed.push(file);
  };
  try {
    while (waiting.length + running.size > 0) {
      surroundings.signal.throwIfAborted();
      const next = nextOf(waiting, [...running.keys()]);
      if (next === undefined) await Promise.race(running.values());
      else running.set(next, begin(next));
    }
  } finally {
    await Promise.allSettled(running.values());
  }
  await step(surroundings.say, "Wait until the tests' namespaces are gone", removeLeft);
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
