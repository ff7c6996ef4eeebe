import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { attempt } from '../run.ts';

test('during() gives back when all have seen enough, one that fails too, and fails by its name', async () => {
  const fixture = join(import.meta.dirname, 'away.fixture.ts');
  // Or it would report to this test's runner.
  const command = ['env', '--unset=NODE_TEST_CONTEXT', process.execPath, '--test', fixture];
  const { status, stdout } = await attempt(command, { timeoutMs: 120_000 });
  const did = stdout.match(/(?<=did: )\S+/gu);
  assert.deepEqual(did, ['taken', 'seen', 'given-back', 'caught-up'], stdout);
  assert.equal(status, 1);
  assert.match(stdout, /✖ fails/u);
  assert.match(stdout, /✔ waits/u);
});
