import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createTerm } from '../../agent/publisher/term.ts';

test('createTerm() begins to write when its own watches are current, not when those of a term before are', async () => {
  const waits: ((isCurrent: boolean) => void)[] = [];
  const did: string[] = [];
  const term = createTerm({
    watches: () => ({
      again: () => void did.push('again'),
      current: () => new Promise(resolve => waits.push(resolve)),
    }),
    dispatcher: {
      start: () => void did.push('start'),
      add: () => void did.push('add'),
      stop: async () => void did.push('stop'),
    },
    services: () => [],
  });
  term.begin();
  void term.end();
  term.begin();
  waits[0]?.(true);
  await turn();
  assert.deepEqual(did, ['again', 'stop', 'again']);
  assert.equal(term.isWriting, false);
  waits[1]?.(true);
  await turn();
  assert.deepEqual(did.slice(3), ['start', 'add']);
  assert.equal(term.isWriting, true);
  void term.end();
  assert.equal(term.isWriting, false);
});
