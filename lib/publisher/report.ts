/** Which problems are news: each is told once, until it is gone or says something else. */
import type { Problem } from './desired.ts';

/** A reader takes in no more of one Service at once. */
const MOST_TOLD = 5;

export interface Report {
  /** The problems as they stand, each as one line. */
  readonly standing: ReadonlySet<string>;
  /** What is to be told, each as one line. */
  readonly told: readonly string[];
}

/**
 * @param before what stood when it was last reported.
 * @param service the Service's name, whose own problems need no subject.
 */
export function report(before: ReadonlySet<string>, problems: readonly Problem[], service: string): Report {
  const standing = new Set(problems.map(problem => lineOf(problem, service)));
  const fresh = [...standing].filter(line => !before.has(line));
  const told = fresh.slice(0, MOST_TOLD);
  const more = fresh.length - told.length;
  return { standing, told: more > 0 ? [...told, `And ${more} problems more, in /status`] : told };
}

function lineOf({ kind, name, message }: Problem, service: string): string {
  return kind === 'Service' && name === service ? message : `${kind} ${name}: ${message}`;
}
