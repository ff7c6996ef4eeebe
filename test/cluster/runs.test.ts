import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { runAgain, runBeside } from './runs.ts';

const [STOPS, MEASURES, OTHER] = [
  'test/cluster/mend.test.ts',
  'test/cluster/rails-auth.test.ts',
  'test/cluster/sidecar.test.ts',
] as const;

/** @returns who runs files, and tells which were running when each began. */
function runner(bad: readonly string[]): {
  readonly began: (readonly [file: string, beside: readonly string[]])[];
  readonly holds: (file: string) => Promise<boolean>;
} {
  const running = new Set<string>();
  const began: [string, readonly string[]][] = [];
  return {
    began,
    async holds(file): Promise<boolean> {
      began.push([file, [...running]]);
      running.add(file);
      await turn();
      running.delete(file);
      return !bad.includes(file);
    },
  };
}

it('runBeside() runs every file once, beside those that it may be beside, and names those that do not hold', async () => {
  const { began, holds } = runner([MEASURES, STOPS]);
  const failed = await runBeside([STOPS, OTHER, MEASURES], holds, new AbortController().signal);
  assert.deepEqual(began, [
    [MEASURES, []],
    [OTHER, [MEASURES]],
    [STOPS, []],
  ]);
  assert.deepEqual(failed, [MEASURES, STOPS]);
});

it('runBeside() begins no more when it is stopped, and waits for those that run', async () => {
  const { began, holds } = runner([]);
  const stop = new AbortController();
  let ended = 0;
  const stopping = async (file: string): Promise<boolean> => {
    stop.abort(new Error('Stopped'));
    const isGood = await holds(file);
    ended += 1;
    return isGood;
  };
  await assert.rejects(runBeside([STOPS, MEASURES], stopping, stop.signal), /Stopped/u);
  assert.equal(began.length, 1);
  assert.equal(ended, 1);
});

it('runAgain() runs one after the other, what measures losses twice, and names those that do not hold', async () => {
  const { began, holds } = runner([OTHER]);
  assert.deepEqual(await runAgain([MEASURES, OTHER], holds), [OTHER]);
  assert.deepEqual(began, [
    [MEASURES, []],
    [MEASURES, []],
    [OTHER, []],
  ]);
});

it('runAgain() wants both runs to hold of what measures losses', async () => {
  const verdicts = [true, false].values();
  assert.deepEqual(await runAgain([MEASURES], async () => verdicts.next().value ?? true), [MEASURES]);
});
