import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { entryOf } from '../../agent/rehearse/agent-log.ts';
import { EVERY, T } from '../timeline/entries.ts';

const TIME = new Date(T).toISOString();

describe('entryOf()', () => {
  it("reads the drain's entries back, whatever their level", () => {
    const { actor, ...entry } = EVERY['dependency-gone'];
    const line = JSON.stringify({ level: 'info', time: TIME, entry, msg: 'auth is gone' });
    assert.deepEqual(entryOf(line), { actor, ...entry });
  });

  it("takes a container's verdict and the drain's, and no other check", () => {
    const line = { level: 'info', time: TIME, check: 'statsd', outcome: 'tolerated', reason: 'HTTP 503' };
    const { container, outcome, reason } = { container: 'statsd', outcome: 'tolerated', reason: 'HTTP 503' };
    const entry = { actor: 'podusher', at: T, type: 'check', container, outcome, reason };
    assert.deepEqual(entryOf(JSON.stringify({ ...line, container })), entry);
    assert.equal(entryOf(JSON.stringify(line)), undefined);
    const drain = { ...line, check: 'drain', outcome: 'terminating', reason: 'rails was released to stop' };
    assert.deepEqual(entryOf(JSON.stringify(drain)), {
      ...entry,
      container: null,
      outcome: 'terminating',
      reason: 'rails was released to stop',
    });
    assert.equal(entryOf(JSON.stringify({ ...line, container, outcome: 'ended' })), undefined);
  });

  it('takes what the agent warns of, with the container and the problems that it names', () => {
    const warning = { actor: 'podusher', at: T, type: 'warning' };
    for (const [logged, entry] of [
      [
        { level: 'warn', container: 'rials', msg: 'A hook is held' },
        { container: 'rials', message: 'A hook is held' },
      ],
      [
        { level: 'error', problems: ['a: is bad', 'b: is bad'], msg: 'The annotations are bad' },
        { container: null, message: 'The annotations are bad: a: is bad; b: is bad' },
      ],
    ] as const) {
      assert.deepEqual(entryOf(JSON.stringify({ time: TIME, ...logged })), { ...warning, ...entry });
    }
  });

  it('leaves out everything else, and never throws', () => {
    const info = JSON.stringify({ level: 'info', time: TIME, msg: 'Listening' });
    for (const line of [info, 'null', '[]', '{', '{"level":"warn"}', '{"entry":{"type":"x","at":1}}']) {
      assert.equal(entryOf(line), undefined, line);
    }
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), line => {
        entryOf(line);
      }),
    );
  });
});
