import { dependsOnSource } from './names.ts';
import type { Problem } from './problem.ts';
import type { Container } from './settings.ts';

type Node = Pick<Container, 'name' | 'dependsOn'>;

/**
 * Takes away, again and again, whoever depends only on what is already taken away; what remains runs in circles.
 * @returns cycles that share no container, each as the names on it: `[a, b]` for a → b → a. None exactly where
 * the containers can be put in an order. A dependency that is no container's name counts for nothing.
 */
export function findCycles(containers: readonly Node[]): string[][] {
  const remaining = new Map(containers.map(container => [container.name, container]));
  const cycles: string[][] = [];
  for (;;) {
    removeOrdered(remaining);
    const [first] = remaining.values();
    if (first === undefined) return cycles;
    const cycle = cycleFrom(first, remaining);
    cycles.push(cycle);
    for (const name of cycle) remaining.delete(name);
  }
}

function removeOrdered(remaining: Map<string, Node>): void {
  let before: number;
  do {
    before = remaining.size;
    for (const { name, dependsOn } of remaining.values()) {
      if (!dependsOn.some(other => remaining.has(other))) remaining.delete(name);
    }
  } while (remaining.size < before);
}

/** Everybody who remains depends on somebody who remains, so the walk comes back to where it was. */
function cycleFrom(start: Node, remaining: ReadonlyMap<string, Node>): string[] {
  const path: string[] = [];
  let node: Node | undefined = start;
  while (node !== undefined && !path.includes(node.name)) {
    path.push(node.name);
    const next: string | undefined = node.dependsOn.find(other => remaining.has(other));
    node = next === undefined ? undefined : remaining.get(next);
  }
  return path.slice(node === undefined ? 0 : path.indexOf(node.name));
}

/** @returns a problem for each cycle, shown as `a → b → a`. */
export function cycleProblems(containers: readonly Node[]): Problem[] {
  return findCycles(containers).map(cycle => {
    const [first = ''] = cycle;
    const shown = [...cycle, first].join(' → ');
    const message = `${shown} is a cycle, so none of them can stop first; remove one of these dependencies`;
    return { source: dependsOnSource(first), message };
  });
}

/**
 * The kubelet stops native sidecars after all regular containers, and in reverse order of declaration
 * (ARCHITECTURE.md, K2), whatever hooks are answered when.
 * @returns a problem for each dependency that the kubelet stops before its dependent.
 */
export function kubeletOrderProblems(containers: readonly Container[]): Problem[] {
  const byName = new Map(containers.map(container => [container.name, container]));
  return containers.flatMap(dependent =>
    dependent.dependsOn.flatMap(name => {
      const dependency = byName.get(name);
      const message = dependency === undefined ? undefined : contradiction(dependent, dependency);
      return message === undefined ? [] : [{ source: dependsOnSource(dependent.name), message }];
    }),
  );
}

function contradiction(dependent: Container, dependency: Container): string | undefined {
  if (dependent.sidecarIndex === undefined) return undefined;
  const [x, y] = [`"${dependent.name}"`, `"${dependency.name}"`];
  if (dependency.sidecarIndex === undefined) {
    return (
      `${y} cannot outlive ${x}: the kubelet stops native sidecars such as ${x} only after all regular ` +
      `containers such as ${y}; make ${y} a native sidecar declared before ${x}, or remove the dependency`
    );
  }
  if (dependency.sidecarIndex <= dependent.sidecarIndex) return undefined;
  return (
    `${y} cannot outlive ${x}: the kubelet stops native sidecars in reverse order of declaration, ${y} before ` +
    `${x}; declare ${y} before ${x}, or remove the dependency`
  );
}
