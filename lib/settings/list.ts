import { type Parsed, parsed, unparsed } from '../parsed.ts';
import { quoted } from '../quoted.ts';

/** More than any pod has of containers or ports; it bounds the work and the problems of one setting. */
export const LONGEST_LIST = 100;

/** @returns the items of `a, b`: none for an empty text; each bad or repeated one is a problem of its own. */
export function parseList<T>(
  text: string,
  item: { parse(text: string): Parsed<T> },
  accepted: string,
): Parsed<readonly T[]> {
  if (text.trim() === '') return parsed([]);
  const parts = text.split(',', LONGEST_LIST + 1).map(part => part.trim());
  if (parts.length > LONGEST_LIST) {
    return unparsed(`${quoted(text)} has more than ${LONGEST_LIST} items; accepted: ${accepted}`);
  }
  const items = new Set<T>();
  const problems: string[] = [];
  for (const part of parts) {
    const read = item.parse(part);
    if (!read.ok) problems.push(...read.problems);
    else if (items.has(read.value)) problems.push(`${quoted(part)} is named twice; accepted: ${accepted}`);
    else items.add(read.value);
  }
  return problems.length > 0 ? unparsed(...problems) : parsed([...items]);
}
