/** What a label's key and value may be (`IsLabelKey`, `IsLabelValue` in `k8s.io/apimachinery/pkg/api/validate/content`). */
import { quoted } from '../quoted.ts';

export type Labels = ReadonlyMap<string, string>;

const NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LONGEST_NAME = 63;
const LONGEST_PREFIX = 253;

const LETTERS = `letters, digits and inner "-", "_" and ".", at most ${LONGEST_NAME}`;

/** @returns what is wrong with a key, or nothing. */
export function keyProblems(key: string): string[] {
  const [first = '', ...rest] = key.split('/');
  const name = rest.length === 0 ? first : rest.join('/');
  const prefixes = rest.length === 0 ? [] : [first];
  const isGood = isName(name) && prefixes.every(isPrefix);
  return isGood
    ? []
    : [`${quoted(key)} is not a label's key; accepted: ${LETTERS}; before it, if need be, a domain and "/"`];
}

/** @returns what is wrong with a value, or nothing. The empty text is a value. */
export function valueProblems(value: string): string[] {
  return value === '' || isName(value)
    ? []
    : [`${quoted(value)} is not a label's value; accepted: nothing, or ${LETTERS}`];
}

function isName(text: string): boolean {
  return text.length <= LONGEST_NAME && NAME.test(text);
}

function isPrefix(text: string): boolean {
  return text.length <= LONGEST_PREFIX && SUBDOMAIN.test(text);
}
