/**
 * `npm run test:cluster`: the tests that need a cluster, on one, a file after the other: what one measures is not to depend
 * on its neighbour. Files are named on the command line, or it is all of them; `--test-name-pattern=…` and its like go to
 * `node --test`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { glob, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withCluster } from './cluster.ts';
import { command, type Surroundings } from './command.ts';
import { isOurs } from './kubectl.ts';
import { STATE } from './machine/place.ts';
import { lasted } from './say.ts';

const TESTS = 'test/cluster/**/*.test.ts';

/** The last ends a file that does not end by itself. */
const OPTIONS = [
  '--test',
  '--test-timeout=600000',
  '--import',
  join(import.meta.dirname, '../left-running.ts'),
];

/** A namespace may take two minutes to go, after a file's last test. */
const END_MS = '300000';

await command(surroundings => withCluster(surroundings, () => runAll(surroundings)));

async function runAll(surroundings: Surroundings): Promise<void> {
  const args = process.argv.slice(2);
  const named = args.filter(arg => !arg.startsWith('-'));
  const flags = args.filter(arg => arg.startsWith('-'));
  const failed: string[] = [];
  for (const file of named.length > 0 ? named : await allFiles()) {
    if (!(await holds(file, flags, surroundings))) failed.push(file);
  }
  if (failed.length > 0) throw new Error(`Not all tests on the cluster hold: ${failed.join(', ')}`);
}

async function allFiles(): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const file of glob(TESTS)) files.push(file);
  if (files.length === 0) throw new Error(`There is no ${TESTS} here`);
  return files.toSorted((a, b) => a.localeCompare(b));
}

/**
 * Runs a file, which ends when this process does. What its tests have in files is in a folder that goes with them, or with
 * the cluster.
 *
 * @returns whether all its tests hold
 */
async function holds(
  file: string,
  flags: readonly string[],
  { signal, say }: Surroundings,
): Promise<boolean> {
  signal.throwIfAborted();
  const from = performance.now();
  say(`\n${file}\n`);
  const scratch = await mkdtemp(join(isOurs ? STATE : tmpdir(), 'podusher-tests-'));
  const test = ['--pdeathsig', 'TERM', process.execPath, ...OPTIONS, ...flags, file];
  const env = { ...process.env, TMPDIR: scratch, PODUSHER_TEST_END_MS: END_MS };
  const child = spawn('setpriv', test, { stdio: 'inherit', env });
  const stop = (): boolean => child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  try {
    const [status] = await once(child, 'exit');
    signal.throwIfAborted();
    say(`${file} ${status === 0 ? 'holds' : 'does not hold'}, ${lasted(performance.now() - from)}\n`);
    return status === 0;
  } finally {
    signal.removeEventListener('abort', stop);
    await rm(scratch, { recursive: true, force: true });
  }
}
