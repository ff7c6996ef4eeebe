import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portsVerdict, verdictAfter } from '../../lib/readiness/verdict.ts';

test('verdictAfter() keeps since when the type stays, and begins anew when it changes', () => {
  const failed = verdictAfter(undefined, { type: 'failed', reason: 'a' }, 1);
  assert.deepEqual(failed, { type: 'failed', reason: 'a', since: 1 });
  assert.deepEqual(verdictAfter(failed, { type: 'failed', reason: 'b' }, 2), {
    type: 'failed',
    reason: 'b',
    since: 1,
  });
  assert.deepEqual(verdictAfter(failed, { type: 'ready', reason: 'c' }, 3), {
    type: 'ready',
    reason: 'c',
    since: 3,
  });
});

const table: readonly [ports: number[], listening: number[] | undefined, type: string, reason: string][] = [
  [[], [80], 'unobserved', 'it has neither a probe nor ports'],
  [[80], undefined, 'pending', 'its ports have not been looked at yet'],
  [[80], [], 'failed', 'port 80 does not listen'],
  [[80], [8080], 'failed', 'port 80 does not listen'],
  [[80, 81, 82], [81], 'failed', 'ports 80, 82 do not listen'],
  [[80], [80, 81], 'ready', 'port 80 listens'],
  [[80, 81], [80, 81], 'ready', 'ports 80, 81 listen'],
];

for (const [ports, listening, type, reason] of table) {
  const state = listening === undefined ? 'nothing is known' : `${listening.join(', ') || 'nothing'} listens`;
  test(`portsVerdict() is ${type} when its ports are ${ports.join(', ') || 'none'} and ${state}`, () => {
    assert.deepEqual(portsVerdict(ports, listening && new Set(listening)), { type, reason });
  });
}
