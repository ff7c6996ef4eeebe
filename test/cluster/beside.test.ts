import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { describe, it } from 'node:test';
import { DOING, inOrder, nextOf } from './beside.ts';

const [STOPS, SLOWS, MEASURES, ELSEWHERE, OTHER] = [
  'test/cluster/mend.test.ts',
  'test/cluster/api/one-slow-proxy.test.ts',
  'test/cluster/rails-auth.test.ts',
  'test/cluster/runs.test.ts',
  'test/cluster/sidecar.test.ts',
];

it('DOING names files that are there', () => {
  const there = globSync('**/*.test.ts', { cwd: import.meta.dirname });
  assert.deepEqual(
    Object.keys(DOING).filter(name => !there.includes(name)),
    [],
  );
});

it('inOrder() begins with who measures; who needs no cluster is there beside who stops what all others need', () => {
  assert.deepEqual(inOrder([ELSEWHERE, STOPS, OTHER, SLOWS, MEASURES]), [
    MEASURES,
    SLOWS,
    OTHER,
    STOPS,
    ELSEWHERE,
  ]);
});

describe('nextOf()', () => {
  const table: readonly [readonly string[], readonly string[], string | undefined][] = [
    [[], [], undefined],
    [[STOPS], [], STOPS],
    [[STOPS], [OTHER], undefined],
    [[OTHER, STOPS], [STOPS], undefined],
    [[STOPS, ELSEWHERE], [STOPS], ELSEWHERE],
    [[STOPS], [ELSEWHERE], STOPS],
    [[SLOWS, OTHER], [MEASURES], OTHER],
    [[SLOWS], [SLOWS], undefined],
    [[SLOWS], [OTHER], SLOWS],
    [[MEASURES, OTHER], [SLOWS], OTHER],
    [[MEASURES, OTHER], [MEASURES], MEASURES],
    [[SLOWS, OTHER], [SLOWS], OTHER],
    [[MEASURES], [OTHER], MEASURES],
    [[OTHER], [OTHER, OTHER], undefined],
  ];
  for (const [waiting, running, next] of table) {
    it(`chooses ${next} of [${waiting.join(', ')}] beside [${running.join(', ')}]`, () => {
      assert.equal(nextOf(waiting, running), next);
    });
  }
});
