import * as fc from 'fast-check';

/** A container as the order and the budget see it. */
export interface GraphNode {
  readonly name: string;
  readonly dependsOn: readonly string[];
  readonly stopTimeoutMs: number;
}

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Up to six containers with any dependencies among them, themselves and names of no container included. */
export const anyGraph: fc.Arbitrary<readonly GraphNode[]> = graph(() => [...NAMES, 'nobody']);

/** The same without cycles: each depends only on those before it. */
export const orderedGraph: fc.Arbitrary<readonly GraphNode[]> = graph(index => NAMES.slice(0, index));

function graph(candidates: (index: number) => string[]): fc.Arbitrary<readonly GraphNode[]> {
  const nodes = NAMES.map((name, index) =>
    fc.record({
      name: fc.constant(name),
      dependsOn: fc.subarray(candidates(index)),
      stopTimeoutMs: fc.integer({ min: 0, max: 20_000 }),
    }),
  );
  return fc
    .tuple(fc.tuple(...nodes), fc.integer({ min: 1, max: NAMES.length }))
    .map(([all, count]) => all.slice(0, count));
}
