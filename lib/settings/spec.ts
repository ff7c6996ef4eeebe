import type { Reader } from './layers.ts';
import type { Problem } from './problem.ts';
import type { Row } from './row.ts';
import { POD } from './table.ts';

/**
 * What is said by hand of the pod's containers, held against its spec where the API tells it: names that it does
 * not have, and an order of native sidecars that is not the kubelet's. More than is said may be in the spec (a
 * mesh's proxy).
 *
 * @param self the agent's own container
 */
export function specProblems(reader: Reader, self: string): Problem[] {
  const others = reader.spec(POD.containers);
  if (others === undefined) return [];
  const problems: Problem[] = [];
  const say = (row: Row<unknown>, message: string): void => {
    problems.push({ source: reader.sourceOf(row), message });
  };
  for (const name of reader.pod(POD.containers) ?? []) {
    if (name === self || others.includes(name)) continue;
    say(POD.containers, `The pod has no container "${name}"; accepted: ${others.join(', ') || 'none'}`);
  }
  const sidecars = reader.spec(POD.nativeSidecars);
  const said = reader.pod(POD.nativeSidecars);
  const meant = sidecars.filter(name => name === self || said.includes(name));
  if (meant.join() !== said.join()) {
    const order = sidecars.join(', ') || 'none';
    say(
      POD.nativeSidecars,
      `The pod's spec declares ${order}, in this order; accepted: ${meant.join(',') || 'none'}`,
    );
  }
  return problems;
}
