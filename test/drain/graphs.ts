import type { Container } from '../../lib/settings/settings.ts';
import { container } from './pods.ts';

/** Who depends on whom, by name. */
export type Graph = Readonly<Record<string, readonly string[]>>;

export const PAIR: Graph = { a: ['b'], b: [] };
export const CHAIN: Graph = { a: ['b'], b: ['c'], c: [] };

/** Every dependency graph on up to two containers; those that differ only in names are one. */
export const SMALL_GRAPHS: Readonly<Record<string, Graph>> = {
  'no other container': {},
  a: { a: [] },
  'a, b': { a: [], b: [] },
  'a → b': PAIR,
};

/** Every dependency graph on three. */
export const GRAPHS_OF_THREE: Readonly<Record<string, Graph>> = {
  'a, b, c': { a: [], b: [], c: [] },
  'a → b, c': { a: ['b'], b: [], c: [] },
  'a → b → c': CHAIN,
  'a → b, a → c': { a: ['b', 'c'], b: [], c: [] },
  'a → c, b → c': { a: ['c'], b: ['c'], c: [] },
  'a → b → c, a → c': { a: ['b', 'c'], b: ['c'], c: [] },
};

/** @returns the containers of a graph, changed by `over`. */
export function containersOf(graph: Graph, over: Partial<Container> = {}): Container[] {
  const all = new Set(Object.values(graph).flat());
  return Object.entries(graph).map(([name, dependsOn]) =>
    container(name, { dependsOn, stopTimeoutMs: all.has(name) ? 0 : 5000, ...over }),
  );
}
