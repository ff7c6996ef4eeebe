import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container } from '../../lib/settings/settings.ts';
import { explore } from './model.ts';
import { container, pod } from './pods.ts';

/** Every dependency graph on up to three containers; those that differ only in names are one. */
const graphs: Record<string, Record<string, readonly string[]>> = {
  'no other container': {},
  a: { a: [] },
  'a, b': { a: [], b: [] },
  'a → b': { a: ['b'], b: [] },
  'a, b, c': { a: [], b: [], c: [] },
  'a → b, c': { a: ['b'], b: [], c: [] },
  'a → b → c': { a: ['b'], b: ['c'], c: [] },
  'a → b, a → c': { a: ['b', 'c'], b: [], c: [] },
  'a → c, b → c': { a: ['c'], b: ['c'], c: [] },
  'a → b → c, a → c': { a: ['b', 'c'], b: ['c'], c: [] },
};

function containersOf(graph: Record<string, readonly string[]>, over: Partial<Container> = {}): Container[] {
  const all = new Set(Object.values(graph).flat());
  return Object.entries(graph).map(([name, dependsOn]) =>
    container(name, { dependsOn, stopTimeoutMs: all.has(name) ? 0 : 5000, ...over }),
  );
}

for (const [title, graph] of Object.entries(graphs)) {
  test(`step() keeps every promise in every reachable state when the pod is ${title}`, t => {
    const states = explore(pod(containersOf(graph)));
    t.diagnostic(`${states} states`);
    assert.ok(states > 40, 'the search must have gone somewhere');
  });
}

test('step() keeps every promise when nothing but time tells that a container has stopped', t => {
  t.diagnostic(`${explore(pod(containersOf(graphs['a → b'] ?? {}, { ports: [] })))} states`);
});

test('step() keeps every promise when a native sidecar is stopped after the agent', t => {
  const [a, b] = containersOf({ a: ['b'], b: [] });
  const sidecar = { kind: 'native-sidecar-before-agent', sidecarIndex: 0 } as const;
  const containers = [a, b].flatMap(one =>
    one === undefined ? [] : [one.name === 'b' ? { ...one, ...sidecar } : one],
  );
  t.diagnostic(`${explore(pod(containers))} states`);
});

for (const title of ['no other container', 'a', 'a, b', 'a → b', 'a → b → c'] as const) {
  test(`step() keeps every promise whatever the API tells when the pod is ${title}`, t => {
    t.diagnostic(`${explore(pod(containersOf(graphs[title] ?? {})), 'by the API')} states`);
  });
}
