import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Entry } from '../../lib/timeline/entry.ts';
import { inOrder } from '../../lib/timeline/order.ts';
import { renderText } from '../../lib/timeline/terminal.ts';
import { EVERY, T } from './entries.ts';
import { anyEntries } from './outside.ts';

const auth = { container: 'auth' } as const;

/** Each is told by two, whose clocks put the effect before the cause, within a millisecond. */
const EFFECTS_FIRST: readonly Entry[] = [
  { ...EVERY.hook, at: T },
  { ...EVERY['hook-began'], at: T + 0.9 },
  { ...EVERY.stopped, at: T + 20 },
  { ...EVERY.released, ...auth, at: T + 20 },
  { ...EVERY.exited, at: T + 20.1 },
  { ...EVERY['hook-ended'], ...auth, at: T + 20.1 },
  { ...EVERY.signal, ...auth, at: T + 20.2 },
];

function named(entries: readonly Entry[]): string[] {
  return entries.map(entry => `${entry.type} ${'container' in entry ? entry.container : ''}`);
}

test('inOrder() puts causes before their effects where both are told of one millisecond', () => {
  const sorted = named(inOrder(EFFECTS_FIRST));
  for (const [cause, effect] of [
    ['hook-began rails', 'hook rails'],
    ['exited rails', 'stopped rails'],
    ['stopped rails', 'released auth'],
    ['released auth', 'hook-ended auth'],
    ['hook-ended auth', 'signal auth'],
  ] as const) {
    assert.ok(sorted.indexOf(cause) < sorted.indexOf(effect), `${cause}, ${effect}: ${sorted.join()}`);
  }
});

test('inOrder() goes by time where a millisecond or more lies between', () => {
  const entries = [
    { ...EVERY.hook, at: T },
    { ...EVERY['hook-began'], at: T + 1 },
    { ...EVERY.outage, at: T - 1 },
  ];
  assert.deepEqual(named(inOrder(entries)), ['outage ', 'hook rails', 'hook-began rails']);
});

test('inOrder() keeps every entry, and the order in which each actor told of a millisecond', () => {
  fc.assert(
    fc.property(anyEntries, ({ entries }) => {
      const sorted = inOrder(entries);
      assert.deepEqual(new Set(sorted), new Set(entries));
      assert.equal(sorted.length, entries.length);
      for (const actor of ['kubelet', 'podusher', 'load']) {
        const byActor = entries
          .filter(entry => entry.actor === actor)
          .toSorted((a, b) => Math.floor(a.at) - Math.floor(b.at));
        assert.deepEqual(
          sorted.filter(entry => entry.actor === actor),
          byActor,
        );
      }
    }),
  );
});

test('renderText() shows causes before their effects', () => {
  const text = renderText(EFFECTS_FIRST.slice(0, 2), { colour: false });
  assert.ok(text.indexOf('preStop hook began') < text.indexOf('preStop hook called'), text);
});
