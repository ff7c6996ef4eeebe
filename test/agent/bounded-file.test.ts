import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBounded } from '../../agent/bounded-file.ts';

test('readBounded() reads a file whole, of a longer one a byte too many, and nothing else than a file', async context => {
  const folder = await mkdtemp(join(tmpdir(), 'podusher-'));
  context.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'file');
  await writeFile(path, 'abcde');
  assert.equal(Buffer.from(await readBounded(path, 10)).toString(), 'abcde');
  assert.equal(Buffer.from(await readBounded(path, 5)).toString(), 'abcde');
  assert.equal(Buffer.from(await readBounded(path, 3)).toString(), 'abcd');
  await assert.rejects(readBounded('/dev/zero', 10), { code: 'NOT_A_FILE' });
  await assert.rejects(readBounded(folder, 10), { code: 'NOT_A_FILE' });
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await assert.rejects(readBounded(join(folder, 'pipe'), 10), { code: 'NOT_A_FILE' });
  await assert.rejects(readBounded(join(folder, 'none'), 10), { code: 'ENOENT' });
});
