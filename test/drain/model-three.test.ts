import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containersOf, GRAPHS_OF_THREE } from './graphs.ts';
import { explore } from './model.ts';
import { pod } from './pods.ts';

for (const [title, graph] of Object.entries(GRAPHS_OF_THREE)) {
  test(`step() keeps every promise in every reachable state when the pod is ${title}`, t => {
    const states = explore(pod(containersOf(graph)));
    t.diagnostic(`${states} states`);
    assert.ok(states > 1000, 'the search must have gone somewhere');
  });
}
