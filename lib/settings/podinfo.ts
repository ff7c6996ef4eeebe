/**
 * The file in which the downward API writes the pod's annotations: a line `key="value"` for each, sorted, the value
 * as Go's `%q` quotes it (`FormatMap` in `pkg/fieldpath/fieldpath.go`, `Quote` in Go's `strconv`).
 */
import { type Parsed, parsed, unparsed } from '../parsed.ts';
import { quoted } from '../quoted.ts';

/** Four times what the API lets all annotations of an object have together, which `%q` may make longer. */
export const LONGEST_PODINFO_BYTES: number = 1024 * 1024;

const LINE = /^(?<key>[^="\s]+)="(?<value>[^"\\]*(?:\\.[^"\\]*)*)"$/;
const ESCAPE = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/g;
const SHORT: ReadonlyMap<string, string> = new Map([
  ['a', '\u0007'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
  ['"', '"'],
]);

/**
 * @param bytes the file, of which the shell need not read more than `LONGEST_PODINFO_BYTES` and one byte.
 * @returns the annotations by key; or the first problem, for the kubelet writes the file whole or not at all.
 */
export function parsePodinfo(bytes: Uint8Array): Parsed<ReadonlyMap<string, string>> {
  if (bytes.length > LONGEST_PODINFO_BYTES) {
    return unparsed(`The file is too long; accepted: up to ${LONGEST_PODINFO_BYTES} bytes`);
  }
  const annotations = new Map<string, string>();
  for (const [index, line] of new TextDecoder().decode(bytes).split('\n').entries()) {
    if (line === '') continue;
    const { key, value } = LINE.exec(line)?.groups ?? {};
    const text = value === undefined ? undefined : unescape(value);
    if (key === undefined || text === undefined) {
      return unparsed(`Line ${index + 1}, ${quoted(line)}, is not an annotation; accepted: KEY="VALUE"`);
    }
    annotations.set(key, text);
  }
  return parsed(annotations);
}

/** @returns the text that `%q` quoted, or undefined where Go has no such escape. */
function unescape(value: string): string | undefined {
  let isGood = true;
  const text = value.replace(ESCAPE, (_, byte?: string, short?: string, long?: string, letter?: string) => {
    const code = Number.parseInt(short ?? long ?? byte ?? '', 16);
    if (letter === undefined && code <= 0x10_ffff) {
      // A byte that was not UTF-8 stands for no character; below 0x80 it is one.
      return byte !== undefined && code >= 0x80 ? '\ufffd' : String.fromCodePoint(code);
    }
    const meant = SHORT.get(letter ?? '');
    isGood &&= meant !== undefined;
    return meant ?? '';
  });
  return isGood ? text : undefined;
}
