import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { attempt } from './run.ts';

test('atEnd() undoes everything, the last first, and fails the test when one of them fails', async () => {
  const fixture = join(import.meta.dirname, 'at-end.fixture.ts');
  // Or it would report to this test's runner.
  const command = ['env', '--unset=NODE_TEST_CONTEXT', process.execPath, '--test', fixture];
  const { status, stdout } = await attempt(command, { timeoutMs: 120_000 });
  assert.deepEqual(stdout.match(/(?<=undone: )\w+/gu), ['follower', 'program', 'namespace']);
  assert.equal(status, 1);
  assert.match(stdout, /It does not start/u);
});
