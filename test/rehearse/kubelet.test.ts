import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKubelet } from '../../agent/rehearse/kubelet.ts';
import type { Stage } from '../../agent/rehearse/stage.ts';
import { container, pod } from '../kubelet/world.ts';
import { killProcessesWith, processesWith } from './processes.ts';

describe('startKubelet()', () => {
  let mark: string;
  beforeEach(() => {
    mark = mkdtempSync(join(tmpdir(), 'podusher-test-'));
  });
  afterEach(() => {
    killProcessesWith(mark);
    rmSync(mark, { recursive: true });
  });

  it('ends what it has started when it throws half-way', async () => {
    const command = ['sleep', '60'];
    const stage: Stage = {
      command,
      cwd: '/',
      env: { ...process.env, MARK: mark },
      here: given => given,
      there: line => line,
    };
    let started = 0;
    const options = {
      pod: pod([container('web'), container('late')]),
      stageOf: () => stage,
      backOffMs: 1000,
      onEntry: () => {
        if (++started > 2) throw new RangeError('The second cannot be');
      },
      onLine: () => undefined,
      onError: () => undefined,
    };
    assert.throws(() => startKubelet(options), RangeError);
    const deadline = performance.now() + 20_000;
    while (processesWith(mark).length > 0) {
      assert.ok(performance.now() < deadline, 'a process is left');
      await sleep(10);
    }
  });
});
