import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchPodinfo } from '../../agent/sidecar/podinfo.ts';
import { readFirst } from '../../agent/sidecar/settings-reader.ts';
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

test('readFirst() knows a file without annotations of ours from none at all', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'podusher-podinfo-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'annotations');
  const source = {
    flags: new Map<string, string>(),
    environment: {},
    file: { path, required: false },
    now: () => 0,
  };
  const none = (await readFirst(source)).known;
  assert.deepEqual([none.isFileThere, none.hash, none.problems], [false, null, []]);
  writeFileSync(path, 'kubernetes.io/config.source="api"\n');
  const others = (await readFirst(source)).known;
  assert.deepEqual([others.isFileThere, others.hash, others.problems], [true, null, []]);
});
