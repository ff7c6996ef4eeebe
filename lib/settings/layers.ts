import { containerKey, podKey } from './annotation-key.ts';
import { type Environment, variable } from './environment.ts';
import type { Problem } from './problem.ts';
import { flagOf, type Row, variableOf } from './row.ts';

/** All that is given to an agent, as text. */
export interface Inputs {
  /** By name without dashes: `drain-min`. */
  readonly flags: ReadonlyMap<string, string>;
  readonly environment: Environment;
  readonly annotations: ReadonlyMap<string, string>;
  /** What the pod's spec says, by the annotations' keys; undefined where the API is not read. */
  readonly spec?: ReadonlyMap<string, string> | undefined;
}

/** Reads rows of the table from the layers, and remembers where each value came from and all that was wrong. */
export interface Reader {
  /** A setting of the agent itself: flag, variable, default. */
  agent<T>(row: Row<T>): T;
  /** What must not be a flag: variable, default. */
  secret<T>(row: Row<T>): T;
  /** A setting of the pod: flag, variable, annotation, the pod's spec, default. */
  pod<T>(row: Row<T>): T;
  /** A setting of one container: annotation, default. */
  container<T>(row: Row<T>, container: string): T;
  /** What the pod's spec alone says of a row of the pod or of a container, or else the default. */
  spec<T>(row: Row<T>, container?: string): T;
  /** Where the value of a row of the pod or of a container came from: `flag --drain-min`, `default`. */
  sourceOf(row: Pick<Row<unknown>, 'name'>, container?: string): string;
  /** Whether some text for the row, of any container, was bad. */
  isBad(row: Pick<Row<unknown>, 'name'>): boolean;
  /** By the flag's name or the container's annotation; what stands at its default is not in it. */
  readonly sources: ReadonlyMap<string, string>;
  /** Of flags and variables. */
  readonly startProblems: readonly Problem[];
  readonly annotationProblems: readonly Problem[];
}

/** Where a value came from that nobody set by hand. */
export const THE_SPEC = "the pod's spec";

interface Layer {
  readonly source: string;
  readonly text: string | undefined;
  readonly problems: Problem[];
}

/** @returns a reader of the inputs. Where the text of one layer is bad, the next one's value stands in. */
export function createReader({ flags, environment, annotations, spec }: Inputs): Reader {
  const sources = new Map<string, string>();
  const bad = new Set<string>();
  const startProblems: Problem[] = [];
  const annotationProblems: Problem[] = [];

  function read<T>(row: Row<T>, key: string, layers: readonly Layer[]): T {
    let value: { readonly is: T } | undefined;
    for (const { source, text, problems } of layers) {
      const result = text === undefined ? undefined : row.kind.parse(text);
      if (result === undefined) continue;
      if (!result.ok) {
        bad.add(row.name);
        problems.push(...result.problems.map(message => ({ source, message })));
      } else if (value === undefined) {
        value = { is: result.value };
        sources.set(key, source);
      }
    }
    return value === undefined ? row.default : value.is;
  }

  const flag = ({ name }: Row<unknown>): Layer => ({
    source: `flag ${flagOf({ name })}`,
    text: flags.get(name),
    problems: startProblems,
  });
  const fromEnvironment = (row: Row<unknown>): Layer => ({
    source: `variable ${variableOf(row)}`,
    text: variable(environment, variableOf(row)),
    problems: startProblems,
  });
  const annotation = (key: string): Layer => ({
    source: `annotation ${key}`,
    text: annotations.get(key),
    problems: annotationProblems,
  });

  const fromSpec = (key: string): Layer => ({
    source: THE_SPEC,
    text: spec?.get(key),
    problems: annotationProblems,
  });

  return {
    agent: row => read(row, row.name, [flag(row), fromEnvironment(row)]),
    secret: row => read(row, row.name, [fromEnvironment(row)]),
    pod(row) {
      const key = podKey(row);
      return read(row, row.name, [flag(row), fromEnvironment(row), annotation(key), fromSpec(key)]);
    },
    container(row, container) {
      const key = containerKey(row, container);
      return read(row, key, [annotation(key)]);
    },
    spec(row, container) {
      const text = spec?.get(container === undefined ? podKey(row) : containerKey(row, container));
      const value = text === undefined ? undefined : row.kind.parse(text);
      return value?.ok === true ? value.value : row.default;
    },
    sourceOf(row, container) {
      return sources.get(container === undefined ? row.name : containerKey(row, container)) ?? 'default';
    },
    isBad: row => bad.has(row.name),
    sources,
    startProblems,
    annotationProblems,
  };
}
