/** Label selectors as `kubectl -l` takes them (`Parse` in `k8s.io/apimachinery/pkg/labels/selector.go`). */
import { type Parsed, parsed, unparsed } from '../parsed.ts';
import { quoted } from '../quoted.ts';
import { keyProblems, type Labels, valueProblems } from './label.ts';

/** All of them must hold. */
export type Selector = readonly Requirement[];

export type Requirement =
  | { readonly type: 'in' | 'not-in'; readonly key: string; readonly values: ReadonlySet<string> }
  | { readonly type: 'exists' | 'exists-not'; readonly key: string }
  | { readonly type: 'greater' | 'less'; readonly key: string; readonly than: bigint };

/** No annotation needs more; it bounds the work and the problems. */
const LONGEST = 8192;

const ACCEPTED = 'accepted: KEY=VALUE, KEY!=VALUE, KEY in (A,B), KEY notin (A,B), KEY, !KEY, KEY>1, KEY<1';

/** The key and the operator, which may be a word, end at white space or at a symbol. */
const FORM = /^(?<not>!)?[ \t\r\n]*(?<key>[^ \t\r\n=!(),<>]+)[ \t\r\n]*(?<rest>[^]*)$/;
const SET = /^(?<word>in|notin)[ \t\r\n]*\((?<values>[^()=!<>]*)\)$/;
const EXACT = /^(?<operator>==|=|!=|>|<)[ \t\r\n]*(?<value>[^ \t\r\n=!(),<>]*)$/;

/**
 * @returns the selector, or what is wrong with each of its requirements. The empty text, which `kubectl -l` takes for
 * everything, is refused: a Service of all pods is nobody's wish, and an annotation left empty is a mistake.
 */
export function parseSelector(text: string): Parsed<Selector> {
  if (text.length > LONGEST) {
    return unparsed(`${quoted(text)} is longer than ${LONGEST} characters; ${ACCEPTED}`);
  }
  if (trim(text) === '') return unparsed(`An empty selector would select every pod; ${ACCEPTED}`);
  const read = requirementsIn(text).map(parseRequirement);
  const problems = read.flatMap(one => (one.ok ? [] : one.problems));
  return problems.length > 0
    ? unparsed(...problems)
    : parsed(read.flatMap(one => (one.ok ? [one.value] : [])));
}

/** @returns whether labels fulfil the selector (`Requirement.Matches`): what forbids a value takes no label as well. */
export function matches(selector: Selector, labels: Labels): boolean {
  return selector.every(requirement => holds(requirement, labels.get(requirement.key)));
}

function holds(requirement: Requirement, value: string | undefined): boolean {
  switch (requirement.type) {
    case 'in':
      return value !== undefined && requirement.values.has(value);
    case 'not-in':
      return value === undefined || !requirement.values.has(value);
    case 'exists':
      return value !== undefined;
    case 'exists-not':
      return value === undefined;
    case 'greater':
    case 'less': {
      const number = value === undefined ? undefined : integerOf(value);
      if (number === undefined) return false;
      return requirement.type === 'greater' ? number > requirement.than : number < requirement.than;
    }
  }
}

/** @returns the texts between the commas outside of parentheses. */
function requirementsIn(text: string): string[] {
  const found: string[] = [''];
  let isInside = false;
  for (const character of text) {
    isInside = character === '(' || (isInside && character !== ')');
    if (character === ',' && !isInside) found.push('');
    else found.push(`${found.pop()}${character}`);
  }
  return found.map(trim);
}

function parseRequirement(text: string): Parsed<Requirement> {
  const { not, key = '', rest = '' } = FORM.exec(text)?.groups ?? {};
  const bad = unparsed(`${quoted(text)} is no requirement; ${ACCEPTED}`);
  const ofKey = keyProblems(key);
  if (key === '') return bad;
  if (rest === '') return checked({ type: not === undefined ? 'exists' : 'exists-not', key }, ofKey);
  const { word, values = '' } = SET.exec(rest)?.groups ?? {};
  const { operator, value = '' } = EXACT.exec(rest)?.groups ?? {};
  if (not !== undefined) return bad;
  if (word !== undefined) {
    const all = values.split(',').map(trim);
    const type = word === 'in' ? 'in' : 'not-in';
    return checked({ type, key, values: new Set(all) }, [...ofKey, ...all.flatMap(valueProblems)]);
  }
  if (operator === undefined) return bad;
  const problems = [...ofKey, ...valueProblems(value)];
  if (operator !== '>' && operator !== '<') {
    return checked({ type: operator === '!=' ? 'not-in' : 'in', key, values: new Set([value]) }, problems);
  }
  const than = integerOf(value);
  if (than === undefined) return unparsed(...problems, `${quoted(value)} is not an integer; ${ACCEPTED}`);
  return checked({ type: operator === '>' ? 'greater' : 'less', key, than }, problems);
}

function checked(requirement: Requirement, problems: readonly string[]): Parsed<Requirement> {
  return problems.length === 0 ? parsed(requirement) : unparsed(...problems);
}

/** As `strconv.ParseInt(text, 10, 64)` reads what can be a label's value. */
function integerOf(text: string): bigint | undefined {
  const number = /^[0-9]{1,63}$/.test(text) ? BigInt(text) : undefined;
  return number !== undefined && number < 2n ** 63n ? number : undefined;
}

function trim(text: string): string {
  return text.replace(/^[ \t\r\n]+/, '').replace(/[ \t\r\n]+$/, '');
}
