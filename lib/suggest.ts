/** @returns ` (did you mean "auth"?)` for a near miss, or nothing. */
export function didYouMean(text: string, known: Iterable<string>): string {
  const near = nearest(text, known);
  return near === undefined ? '' : ` (did you mean "${near}"?)`;
}

/** @returns the known word that differs from `text` by the fewest slips, if they are few for its length. */
export function nearest(text: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestSlips = Math.min(2, Math.floor(text.length / 3));
  for (const word of known) {
    if (Math.abs(word.length - text.length) > bestSlips) continue;
    const slips = slipsBetween(text, word);
    if (slips < bestSlips || (slips === bestSlips && best === undefined)) [best, bestSlips] = [word, slips];
  }
  return best;
}

/** Letters added, left out, changed, or swapped with their neighbour (optimal string alignment). */
function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const changed = a[row - 1] === b[column - 1] ? 0 : 1;
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + changed,
        swapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
