import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { cycleProblems, findCycles } from '../../lib/settings/order.ts';
import { anyGraph, type GraphNode, orderedGraph } from './graphs.ts';

/** Warshall's closure: who reaches whom over at least one dependency. */
function reachable(nodes: readonly GraphNode[]): Set<string> {
  const names = nodes.map(({ name }) => name);
  const reach = new Set(nodes.flatMap(({ name, dependsOn }) => dependsOn.map(other => `${name}>${other}`)));
  for (const via of names)
    for (const from of names)
      for (const to of names)
        if (reach.has(`${from}>${via}`) && reach.has(`${via}>${to}`)) reach.add(`${from}>${to}`);
  return reach;
}

test('findCycles() finds cycles exactly when a container reaches itself, and what it finds are cycles', () => {
  fc.assert(
    fc.property(anyGraph, nodes => {
      const reach = reachable(nodes);
      const cycles = findCycles(nodes);
      assert.equal(
        cycles.length > 0,
        nodes.some(({ name }) => reach.has(`${name}>${name}`)),
      );
      assert.equal(new Set(cycles.flat()).size, cycles.flat().length, 'cycles share no container');
      for (const cycle of cycles) {
        for (const [index, name] of cycle.entries()) {
          const next = cycle[(index + 1) % cycle.length] ?? '';
          assert.ok(nodes.find(node => node.name === name)?.dependsOn.includes(next), `${name} → ${next}`);
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test('findCycles() finds none when each depends only on those before it', () => {
  fc.assert(fc.property(orderedGraph, nodes => assert.deepEqual(findCycles(nodes), [])));
});

test('cycleProblems() shows each cycle once when there are several', () => {
  const nodes = [
    { name: 'a', dependsOn: ['b'] },
    { name: 'b', dependsOn: ['c'] },
    { name: 'c', dependsOn: ['b'] },
    { name: 'd', dependsOn: ['d'] },
  ];
  const shown = cycleProblems(nodes).map(({ source, message }) => `${source}: ${message.split(' is a')[0]}`);
  assert.deepEqual(shown, [
    'annotation depends-on.podusher.dev/b: b → c → b',
    'annotation depends-on.podusher.dev/d: d → d',
  ]);
});
