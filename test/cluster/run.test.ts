import assert from 'node:assert/strict';
import { it } from 'node:test';
import { run } from './run.ts';

it('run() names the program that is not there', async () => {
  await assert.rejects(run(['no-such-program', 'list'], { timeoutMs: 10_000 }), {
    message: '"no-such-program" is not on the PATH',
  });
});
