/** Whatever may come from outside, for properties. */
import * as fc from 'fast-check';
import type { Entry } from '../../lib/timeline/entry.ts';
import { EVERY, NOTHING, T } from './entries.ts';

/** Any UTF-16 at all (halves of surrogate pairs, controls), and what means something to a parser or a terminal. */
export const anyText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map(code => String.fromCharCode(code)),
      fc.constantFrom(
        '<',
        '>',
        '&',
        '"',
        "'",
        ']]>',
        '-->',
        '</script>',
        '\u001B[31m',
        '\u0000',
        '\u202E',
        '\n',
        ' ',
      ),
    ),
    { maxLength: 40 },
  )
  .map(parts => parts.join(''));

/** @returns the entry with a text in all of its fields that come from outside. */
export function withText(entry: Entry, text: string): Entry {
  const left = { ...NOTHING, unknown: text };
  if (entry.type === 'outage') return { ...entry, reason: text };
  if (entry.type === 'drained') return { ...entry, left };
  if (entry.type === 'released') return { ...entry, container: text, left };
  if (entry.type === 'exited') return { ...entry, container: text, signal: text };
  if (entry.type === 'dependency-gone') return { ...entry, container: text, dependents: [text, text] };
  if ('reason' in entry) return { ...entry, container: text, reason: text };
  return 'container' in entry ? { ...entry, container: text } : entry;
}

const anyType = fc.constantFrom<Entry>(...Object.values(EVERY));

/** Any entries in any order, at any times, all with one text. */
export const anyEntries: fc.Arbitrary<{ readonly entries: readonly Entry[]; readonly text: string }> =
  anyText.chain(text =>
    fc.record({
      text: fc.constant(text),
      entries: fc.array(
        fc.tuple(anyType, fc.integer({ min: T - 100_000, max: T + 100_000 })).map(([entry, at]) => {
          const written = { ...withText(entry, text), at };
          return written.type === 'outage' ? { ...written, untilAt: at + 500 } : written;
        }),
        { maxLength: 20 },
      ),
    }),
  );
