import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

/** Ten minutes of four probes a second; an hour's worth is `node --expose-gc test/probes/heap.ts 3600`. */
const ROUNDS = 600;
const SLACK_BYTES = 512 * 1024;

test('startProbe() leaves nothing on the heap when it runs thousands of times', async () => {
  const script = new URL('heap.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, String(ROUNDS)], {
    timeout: 240_000,
  });
  const result: unknown = JSON.parse(stdout);
  assert.ok(result !== null && typeof result === 'object' && 'heap' in result && 'verdicts' in result);
  assert.deepEqual(result.verdicts, ['ready', 'failed', 'ready', 'ready']);
  assert.ok(Array.isArray(result.heap));
  // Code is still being compiled and caches filled in the first tenths.
  const [, , before, ...later] = result.heap.map(Number);
  assert.ok(before !== undefined && later.length === 7);
  const grown = Math.min(...later.slice(-3)) - before;
  assert.ok(grown < SLACK_BYTES, `The heap grew by ${grown} bytes: ${result.heap.join(', ')}`);
});
