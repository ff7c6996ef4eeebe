import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHAIN, containersOf, SMALL_GRAPHS } from './graphs.ts';
import { explore } from './model.ts';
import { pod } from './pods.ts';

const graphs = { ...SMALL_GRAPHS, 'a → b → c': CHAIN };

for (const [title, graph] of Object.entries(graphs)) {
  test(`step() keeps every promise whatever the API tells when the pod is ${title}`, t => {
    const states = explore(pod(containersOf(graph)), 'by the API');
    t.diagnostic(`${states} states`);
    assert.ok(states > 300, 'the search must have gone somewhere');
  });
}
