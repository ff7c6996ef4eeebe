/** `npm run test:cluster`: the tests that need a cluster, on one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { withCluster } from './cluster.ts';
import { command, type Surroundings } from './command.ts';

const TESTS = 'test/cluster/**/*.test.ts';

/** Each file has the cluster for itself: what it measures is not to depend on its neighbour. */
const OPTIONS = ['--test-concurrency=1', '--test-timeout=600000'];

/** Ends a file that does not end by itself. */
const WATCHED = ['--import', join(import.meta.dirname, '../left-running.ts')];

await command(surroundings => withCluster(surroundings, () => runTests(surroundings)));

/** Runs the files that are named on the command line, or all; they end when this process does. */
async function runTests({ signal }: Surroundings): Promise<void> {
  signal.throwIfAborted();
  const named = process.argv.slice(2);
  const tests = [process.execPath, ...WATCHED, '--test', ...OPTIONS, ...(named.length > 0 ? named : [TESTS])];
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', ...tests], { stdio: 'inherit' });
  signal.addEventListener('abort', () => child.kill('SIGTERM'));
  const [status] = await once(child, 'exit');
  signal.throwIfAborted();
  if (status !== 0) throw new Error('Not all tests on the cluster hold');
}
