import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containersOf, PAIR, SMALL_GRAPHS } from './graphs.ts';
import { explore } from './model.ts';
import { pod } from './pods.ts';

// The searches are three files, model*.test.ts, for each file is a process, and these take longest of all.

for (const [title, graph] of Object.entries(SMALL_GRAPHS)) {
  test(`step() keeps every promise in every reachable state when the pod is ${title}`, t => {
    const states = explore(pod(containersOf(graph)));
    t.diagnostic(`${states} states`);
    assert.ok(states > 40, 'the search must have gone somewhere');
  });
}

test('step() keeps every promise when nothing but time tells that a container has stopped', t => {
  t.diagnostic(`${explore(pod(containersOf(PAIR, { ports: [] })))} states`);
});

test('step() keeps every promise when a native sidecar is stopped after the agent', t => {
  const sidecar = { kind: 'native-sidecar-before-agent', sidecarIndex: 0 } as const;
  const containers = containersOf(PAIR).map(one => (one.name === 'b' ? { ...one, ...sidecar } : one));
  t.diagnostic(`${explore(pod(containers))} states`);
});
