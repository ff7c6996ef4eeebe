/** Lines out of a stream of text that may never have one: what is kept is bounded. */

/** The lines that have ended, and the beginning of the next. */
export interface Lines {
  readonly lines: readonly string[];
  readonly rest: string;
}

/**
 * @param rest what the last call left
 * @param longest in UTF-16 units
 * @returns undefined where a line is longer than that; empty lines are left out
 */
export function takeLines(rest: string, chunk: string, longest: number): Lines | undefined {
  const parts = chunk.split('\n');
  parts[0] = rest + (parts[0] ?? '');
  if (parts.some(part => part.length > longest)) return undefined;
  const next = parts.pop() ?? '';
  return { lines: parts.filter(part => part !== ''), rest: next };
}
