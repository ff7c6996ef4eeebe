/**
 * The arguments of `podusher agent` as plain data: what the values are worth is for `lib/settings` to say. Every
 * problem is told at once.
 */
import { parseArgs } from 'node:util';
import { quoted } from '../lib/quoted.ts';
import type { Problem } from '../lib/settings/problem.ts';
import type { Row } from '../lib/settings/row.ts';
import { AGENT, POD } from '../lib/settings/table.ts';
import { didYouMean } from '../lib/suggest.ts';

/** What `podusher agent` was started with. */
export interface CommandLine {
  /** Asked for instead of running; help goes first. */
  readonly asks: 'help' | 'version' | undefined;
  /** By name without dashes: `drain-min`. */
  readonly flags: ReadonlyMap<string, string>;
  /** Bad flags: the program ends with 2. */
  readonly problems: readonly Problem[];
}

const ROWS: readonly Row<unknown>[] = [...Object.values(AGENT), ...Object.values(POD)];
const SWITCHES = new Set(['--help', '-h', '--version']);

/** The flags of a command. */
interface Known {
  readonly settings: ReadonlySet<string>;
  /** Alone they stand for `true`: `--api`. */
  readonly booleans: ReadonlySet<string>;
}

function flagsOf(rows: readonly Row<unknown>[]): ReadonlySet<string> {
  return new Set(rows.map(({ name }) => `--${name}`));
}

function knownOf(rows: readonly Row<unknown>[]): Known {
  return { settings: flagsOf(rows), booleans: flagsOf(rows.filter(row => typeof row.default === 'boolean')) };
}

/** A flag with what belongs to it, or a word that belongs to none. */
type Argument =
  | { readonly type: 'flag'; readonly flag: string; readonly value: string | undefined }
  | { readonly type: 'word'; readonly word: string };

/**
 * @param args without the program and the command.
 * @param rows the settings that the command takes.
 * @returns what they say. `--flag=value` and `--flag value` are the same, but a value that begins with a dash must
 * be written with `=`.
 */
export function readCommandLine(args: readonly string[], rows: readonly Row<unknown>[] = ROWS): CommandLine {
  const known = knownOf(rows);
  const flags = new Map<string, string>();
  const switches = new Set<string>();
  const problems: Problem[] = [];
  for (const argument of argumentsOf(args)) {
    if (argument.type === 'word') {
      const message = 'Belongs to no flag; --help lists them';
      problems.push({ source: `argument ${quoted(argument.word)}`, message });
      continue;
    }
    const { flag, value } = argument;
    const name = flag.slice(2);
    const problem = flagProblem(known, flag, value) ?? (flags.has(name) ? 'Given more than once' : undefined);
    if (problem !== undefined) problems.push({ source: `flag ${flag}`, message: problem });
    else if (value === undefined && SWITCHES.has(flag)) switches.add(flag);
    else flags.set(name, value ?? 'true');
  }
  return { asks: asked(switches), flags, problems };
}

function flagProblem(
  { settings, booleans }: Known,
  flag: string,
  value: string | undefined,
): string | undefined {
  if (SWITCHES.has(flag)) {
    return value === undefined ? undefined : `Takes no value, but has ${quoted(value)}`;
  }
  if (booleans.has(flag)) return undefined;
  if (settings.has(flag)) return value === undefined ? `Has no value; write ${flag} VALUE` : undefined;
  return `Not a flag${didYouMean(flag, [...settings, ...SWITCHES])}; --help lists them`;
}

function asked(switches: ReadonlySet<string>): CommandLine['asks'] {
  if (switches.has('--help') || switches.has('-h')) return 'help';
  return switches.has('--version') ? 'version' : undefined;
}

/** No option is declared to the tokeniser, so that none swallows the next flag as its value. */
function argumentsOf(args: readonly string[]): Argument[] {
  const config = { args: [...args], strict: false, tokens: true, allowPositionals: true } as const;
  const found: Argument[] = [];
  let awaiting: string | undefined;
  for (const token of parseArgs(config).tokens) {
    if (token.kind === 'option') found.push({ type: 'flag', flag: token.rawName, value: token.value });
    else if (token.kind === 'positional' && awaiting !== undefined) {
      found[found.length - 1] = { type: 'flag', flag: awaiting, value: token.value };
    } else if (token.kind === 'positional') found.push({ type: 'word', word: token.value });
    awaiting = token.kind === 'option' && token.value === undefined ? token.rawName : undefined;
  }
  return found;
}
