/** What is wrong with one setting, and where it came from. */
export interface Problem {
  /** `annotation podusher.dev/drain-min`, `flag --port`, `variable PODUSHER_PORT`, `budget`. */
  readonly source: string;
  /** `"5 seconds" is not a duration; accepted: 1m30s, 500ms, 0s to 1h`. */
  readonly message: string;
}

/** @returns the problem on one line. */
export function formatProblem({ source, message }: Problem): string {
  return `${source}: ${message}`;
}
