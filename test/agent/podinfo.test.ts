import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchPodinfo } from '../../agent/sidecar/podinfo.ts';
import { until } from './until.ts';

test('watchPodinfo() tells a file that is emptied and then written as one change', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'podusher-podinfo-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'annotations');
  let changes = 0;
  const end = watchPodinfo(file, () => changes++);
  t.after(end);
  writeFileSync(file, '');
  writeFileSync(file, 'a="b"\n');
  await until('a change', () => (changes > 0 ? true : undefined));
  await sleep(300);
  assert.equal(changes, 1);
});
