/** `npm run test:cluster`: the tests that need a cluster, on one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withCluster } from './cluster.ts';
import { command, type Surroundings } from './command.ts';
import { isOurs } from './kubectl.ts';
import { STATE } from './machine/place.ts';

const TESTS = 'test/cluster/**/*.test.ts';

/** Each file has the cluster for itself: what it measures is not to depend on its neighbour. */
const OPTIONS = ['--test-concurrency=1', '--test-timeout=600000'];

/** Ends a file that does not end by itself; a namespace may take two minutes to go. */
const WATCHED = ['--import', join(import.meta.dirname, '../left-running.ts')];

await command(surroundings => withCluster(surroundings, () => runTests(surroundings)));

/**
 * Runs the files that are named on the command line, or all; they end when this process does. What they have in files is in
 * a folder that goes with them, or with the cluster.
 */
async function runTests({ signal }: Surroundings): Promise<void> {
  signal.throwIfAborted();
  const scratch = await mkdtemp(join(isOurs ? STATE : tmpdir(), 'podusher-tests-'));
  const named = process.argv.slice(2);
  const tests = [process.execPath, ...WATCHED, '--test', ...OPTIONS, ...(named.length > 0 ? named : [TESTS])];
  const env = { ...process.env, TMPDIR: scratch, PODUSHER_TEST_END_MS: '300000' };
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', ...tests], { stdio: 'inherit', env });
  signal.addEventListener('abort', () => child.kill('SIGTERM'));
  try {
    const [status] = await once(child, 'exit');
    signal.throwIfAborted();
    if (status !== 0) throw new Error('Not all tests on the cluster hold');
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
