import { didYouMean } from '../suggest.ts';
import { containerKey, podKey } from './annotation-key.ts';
import { LONGEST_LIST } from './list.ts';
import type { Problem } from './problem.ts';
import { CONTAINER, POD } from './table.ts';

/** A container's name where a setting says it. */
export interface Mention {
  readonly container: string;
  /** Where the setting came from, as in a problem. */
  readonly source: string;
  /** Why it must not be the agent's own name; undefined where it may be. */
  readonly notTheAgent: string | undefined;
}

/** Why the agent's own name must not stand in a setting. */
export const NOT_THE_AGENT: Readonly<Record<'nonCritical' | 'dependsOn' | 'containers' | 'key', string>> = {
  nonCritical: 'which is always critical: while it is down, nobody tells whether the pod is ready',
  dependsOn: 'which is always the last to stop',
  containers: 'and only the others are named here',
  key: 'which has flags instead: it is always critical and the last to stop',
};

/**
 * @param given the names in `podusher.dev/containers`, or undefined without it: then every name is right.
 * @returns the pod's containers but for the agent, in the order in which they are first named.
 */
export function containersOf(
  mentions: readonly Mention[],
  self: string,
  given?: readonly string[],
): string[] {
  const names = given ?? mentions.map(({ container }) => container);
  return [...new Set(names)].filter(name => name !== self);
}

/** @returns a problem for each mention of the agent where it must not stand, and of a name that no container has. */
export function nameProblems(
  mentions: readonly Mention[],
  self: string,
  given: readonly string[] | undefined,
): Problem[] {
  const problems: Problem[] = [];
  const known = given?.filter(name => name !== self);
  for (const { container, source, notTheAgent } of mentions) {
    if (container === self) {
      if (notTheAgent === undefined) continue;
      problems.push({ source, message: `"${self}" is the agent itself, ${notTheAgent}; leave it out` });
    } else if (known !== undefined && !known.includes(container)) {
      const hint = didYouMean(container, known);
      const message = `"${container}" is no container in ${podKey(POD.containers)}${hint}`;
      problems.push({ source, message: `${message}; accepted: ${known.join(', ') || 'none'}` });
    }
  }
  return problems;
}

/** @returns the problem of more names than a pod can have containers; it keeps all later checks small. */
export function countProblems(containers: readonly string[]): Problem[] {
  if (containers.length <= LONGEST_LIST) return [];
  const message = `${containers.length} containers are named; accepted: at most ${LONGEST_LIST}`;
  return [{ source: 'annotations', message }];
}

/** @returns the key of a container's dependencies, as the source of a problem with them. */
export function dependsOnSource(container: string): string {
  return `annotation ${containerKey(CONTAINER.dependsOn, container)}`;
}
