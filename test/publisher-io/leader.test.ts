import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLeader } from '../../agent/publisher/leader.ts';
import { now, until } from '../agent/until.ts';

test('createLeader() tells once of a Lease that it cannot read, and asks for none before it is told to', async context => {
  const reasons: string[] = [];
  let asked = 0;
  const leader = createLeader({
    client: {
      ask: () => Promise.resolve({ ok: true, body: `{"metadata":{"name":"${asked++}"}}` }),
      stream: () => Promise.resolve(undefined),
      close: () => {},
    },
    lease: { name: 'publisher', namespace: 'shop' },
    host: 'first',
    now,
    changed: () => {},
    returned: () => {},
    refused: reason => void reasons.push(reason),
  });
  context.after(() => leader.resign());
  assert.equal(asked, 0);
  leader.takePart();
  await until('three looks', () => asked >= 3 || undefined);
  assert.equal(reasons.length, 1);
  assert.match(reasons.join(), /^Not a Lease: /);
});
