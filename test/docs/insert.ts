import { type Parsed, parsed, unparsed } from '../../lib/parsed.ts';

/** A text that the code makes, and where it belongs. */
export interface Generated {
  /** Relative to the repository. */
  readonly file: string;
  /** The text stands between `<!-- MARKER:begin -->` and `<!-- MARKER:end -->`; undefined: it is the whole file. */
  readonly marker: string | undefined;
  readonly text: string;
}

/** @returns the file as it should be, or why the text has no place in it. */
export function insert({ file, marker, text }: Generated, before: string | undefined): Parsed<string> {
  if (marker === undefined) return parsed(text);
  if (before === undefined) return unparsed(`${file} is missing`);
  const begin = `<!-- ${marker}:begin -->`;
  const end = `<!-- ${marker}:end -->`;
  const [head, rest, ...more] = before.split(begin);
  const [, tail, ...others] = rest?.split(end) ?? [];
  if (head === undefined || tail === undefined || more.length > 0 || others.length > 0) {
    return unparsed(`${file} needs ${begin} and ${end}, once each and in this order`);
  }
  return parsed(`${head}${begin}\n\n${text.trim()}\n\n${end}${tail}`);
}
