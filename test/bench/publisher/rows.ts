/** One line of the table: a figure of the publisher, and of the built-in controller where there is one to compare. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly publisher: number;
  readonly builtIn: number | undefined;
  /** What must hold: for the publisher's figure, or for its ratio to the built-in controller's. */
  readonly atMost: { readonly of: 'figure' | 'ratio'; readonly value: number } | undefined;
}

/** @returns whether the row keeps its bound; what was not measured does not. */
export function isWithin({ publisher, builtIn, atMost }: Row): boolean {
  if (atMost === undefined) return true;
  return (atMost.of === 'figure' ? publisher : publisher / (builtIn ?? Number.NaN)) <= atMost.value;
}

/** @returns the table as Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const head = '| | publisher | built-in | ratio | unit | bound |\n|---|---|---|---|---|---|';
  return `${head}\n${rows.map(lineOf).join('\n')}\n`;
}

/** @returns its line of the table. */
export function lineOf(row: Row): string {
  const { what, unit, publisher, builtIn, atMost } = row;
  const ratio = builtIn === undefined ? '' : (publisher / builtIn).toFixed(2);
  const mark = isWithin(row) ? '' : ' **exceeded**';
  const bound = atMost === undefined ? '' : `${atMost.of} at most ${atMost.value}${mark}`;
  return `| ${[what, short(publisher), short(builtIn), ratio, unit, bound].join(' | ')} |`;
}

function short(value: number | undefined): string {
  if (value === undefined) return '';
  return Number.isNaN(value) ? 'not measured' : value.toFixed(Math.abs(value) < 100 ? 1 : 0);
}
