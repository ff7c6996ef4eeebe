/** The command line of `podusher rehearse`: what is accepted, its help, and every problem at once. */
import { parseArgs } from 'node:util';
import { type Parsed, parsed, unparsed } from '../../lib/parsed.ts';
import { quoted } from '../../lib/quoted.ts';
import { parseDuration } from '../../lib/settings/duration.ts';
import { didYouMean } from '../../lib/suggest.ts';

export interface Options {
  readonly manifests:
    | { readonly type: 'one'; readonly file: string }
    | { readonly type: 'compare'; readonly without: string; readonly with: string };
  /** Commands by container, for those whose own is not for this machine. */
  readonly run: ReadonlyMap<string, string>;
  /** The port that gets the load; undefined: chosen from the manifest. */
  readonly port: number | undefined;
  readonly path: string;
  /** Requests a second. */
  readonly rate: number;
  readonly clients: 'both' | 'new' | 'kept';
  readonly stubborn: boolean;
  readonly endpointLagMs: number;
  readonly beforeMs: number;
  readonly readyTimeoutMs: number;
  readonly backOffMs: number;
  readonly svg: string | undefined;
  readonly json: boolean;
  readonly logs: boolean;
}

type Flag = { readonly value?: string; readonly help: string; readonly default?: string };

const FLAGS = {
  compare: { help: 'Two manifests, one after the other, side by side' },
  run: { value: "NAME='CMD'", help: "A container's command on this machine, for sh; may be repeated" },
  port: {
    value: 'PORT',
    help: 'Where the requests go',
    default: "the first critical container's first port",
  },
  path: { value: 'PATH', help: 'What they ask for', default: '/' },
  rate: { value: 'N', help: 'Requests a second', default: '20' },
  clients: { value: 'WHICH', help: 'Connections: new, kept, or both, half and half', default: 'both' },
  stubborn: { help: 'Kept connections stay until the pod ends; otherwise until it leaves its Service' },
  'endpoint-lag': {
    value: 'DURATION',
    help: "How late the Service's clients notice that the pod is ready or not",
    default: '1s',
  },
  before: { value: 'DURATION', help: 'How long requests are sent before the pod is deleted', default: '3s' },
  'ready-timeout': { value: 'DURATION', help: 'How long the pod may take to be Ready', default: '1m' },
  'back-off': {
    value: 'DURATION',
    help: "A crash loop's first delay, doubled up to 30 times it",
    default: '10s',
  },
  svg: { value: 'FILE', help: 'Draw the timeline to this file' },
  json: { help: 'The result as JSON on standard output' },
  logs: { help: "The containers' output on standard error" },
  help: { help: 'This text' },
} as const satisfies Record<string, Flag>;

type Name = keyof typeof FLAGS;

/** @returns the help text. */
export function helpText(): string {
  const rows = Object.entries<Flag>(FLAGS).map(([name, flag]) => ({
    left: `  --${name}${flag.value === undefined ? '' : ` ${flag.value}`}`,
    right: flag.default === undefined ? flag.help : `${flag.help} (default: ${flag.default})`,
  }));
  const width = Math.max(...rows.map(({ left }) => left.length)) + 2;
  const flags = rows.map(({ left, right }) => left.padEnd(width) + right).join('\n');
  return `Usage: podusher rehearse POD.yaml [FLAGS]
       podusher rehearse --compare WITHOUT.yaml WITH.yaml [FLAGS]

Runs a Pod's or Deployment's containers as processes on loopback, by the kubelet's rules, and sends requests to
them; deletes the pod; tells what happened, and what its clients had of it. Linux only.

${flags}

A request is ok with a status of 200 to 399; any other status, and no answer within 10 s, has failed; one that was
in flight when the container ended is cut: lost too, but by the end of its own container, and counted apart. Exit
status: 0; 1 when requests failed (with --compare: in the second run), though not for those that were only cut; 2 when
the rehearsal could not be held.

Not as in a cluster: the processes share this machine's loopback, files and process ids, and SIGTERM ends a process
that does not handle it (in a container, the first process would ignore it).
`;
}

/** @returns the options; `help` when that was asked for; or all problems. */
export function parseOptions(argv: readonly string[]): Parsed<Options | 'help'> {
  const { problems, positionals, values } = tokensOf(argv);
  if (values.has('help')) return parsed('help');
  const last = (name: Name): string | undefined => values.get(name)?.at(-1);
  const take = <T>(name: Name, value: Parsed<T>, fallback: T): T => {
    if (value.ok) return value.value;
    problems.push(...value.problems.map(problem => `--${name}: ${problem}`));
    return fallback;
  };
  const duration = (name: Name, byDefault: string, maxMs: number, minMs = 0): number =>
    take(name, parseDuration(last(name) ?? byDefault, { minMs, maxMs }), 0);
  const number = (name: Name, byDefault: string, max: number): number =>
    take(name, wholeNumber(last(name) ?? byDefault, max), 1);

  const compare = values.has('compare');
  const wanted = compare ? 2 : 1;
  if (positionals.length !== wanted) {
    const what = compare ? 'two manifests: WITHOUT.yaml WITH.yaml' : 'one manifest: POD.yaml';
    problems.push(`${given(positionals)}; accepted: ${what}`);
  }
  const [first = '', second = ''] = positionals;
  const run = new Map<string, string>();
  for (const text of values.get('run') ?? []) {
    const { name, command } = /^(?<name>[^=]+)=(?<command>.*\S.*)$/su.exec(text)?.groups ?? {};
    if (name === undefined || command === undefined) {
      problems.push(
        `--run: ${quoted(text)} is not accepted; accepted: NAME='CMD', such as rails='bin/rails server'`,
      );
    } else run.set(name, command);
  }
  const path = last('path') ?? '/';
  if (!/^\/[\u0021-\u007e]*$/u.test(path))
    problems.push(`--path: ${quoted(path)} is no path; accepted: /PATH`);
  const options: Options = {
    manifests: compare ? { type: 'compare', without: first, with: second } : { type: 'one', file: first },
    run,
    port: last('port') === undefined ? undefined : number('port', '', 65_535),
    path,
    rate: number('rate', '20', 1000),
    clients: take('clients', clientsOf(last('clients') ?? 'both'), 'both'),
    stubborn: values.has('stubborn'),
    endpointLagMs: duration('endpoint-lag', '1s', 60_000),
    beforeMs: duration('before', '3s', 3_600_000),
    readyTimeoutMs: duration('ready-timeout', '1m', 3_600_000),
    backOffMs: duration('back-off', '10s', 60_000, 100),
    svg: last('svg'),
    json: values.has('json'),
    logs: values.has('logs'),
  };
  return problems.length > 0 ? unparsed(...problems) : parsed(options);
}

interface Tokens {
  readonly problems: string[];
  readonly positionals: readonly string[];
  readonly values: ReadonlyMap<Name, readonly string[]>;
}

function tokensOf(argv: readonly string[]): Tokens {
  const options = Object.fromEntries(
    Object.entries<Flag>(FLAGS).map(
      ([name, { value }]) => [name, { type: value === undefined ? 'boolean' : 'string' }] as const,
    ),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const problems: string[] = [];
  const positionals: string[] = [];
  const values = new Map<Name, readonly string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    if (!isName(name)) {
      problems.push(
        `${rawName}: not a flag${didYouMean(name, Object.keys(FLAGS))}; see podusher rehearse --help`,
      );
    } else if ('value' in FLAGS[name] && value === undefined) problems.push(`--${name}: it needs a value`);
    else if (!('value' in FLAGS[name]) && value !== undefined) problems.push(`--${name}: it takes no value`);
    else values.set(name, [...(values.get(name) ?? []), value ?? '']);
  }
  return { problems, positionals, values };
}

function isName(name: string): name is Name {
  return Object.hasOwn(FLAGS, name);
}

function wholeNumber(text: string, max: number): Parsed<number> {
  const value = /^[0-9]{1,9}$/u.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return parsed(value);
  return unparsed(`${quoted(text)} is not accepted; accepted: whole numbers, 1 to ${max}`);
}

function clientsOf(text: string): Parsed<Options['clients']> {
  if (text === 'both' || text === 'new' || text === 'kept') return parsed(text);
  return unparsed(`${quoted(text)} is not accepted; accepted: new, kept, both`);
}

function given(files: readonly string[]): string {
  const [first, ...others] = files;
  if (first === undefined) return 'No file given';
  return others.length === 0
    ? `One file given, ${quoted(first)}`
    : `Files given: ${files.map(quoted).join(', ')}`;
}
