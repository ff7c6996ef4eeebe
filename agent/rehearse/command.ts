/** `podusher rehearse`: from the command line to the exit status. */
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { basename } from 'node:path';
import { type Cast, readCast } from './cast.ts';
import { RehearsalError } from './failure.ts';
import { helpText, type Options, parseOptions } from './options.ts';
import { createProgress } from './progress.ts';
import { holdRehearsal, type Result } from './rehearsal.ts';
import { describeTarget, type NamedRun, renderPicture, renderReport } from './report.ts';

const NOT_HELD = 2;

/**
 * Holds one rehearsal, or two to compare.
 *
 * @param argv The arguments after `rehearse`.
 * @returns the exit status: 0; 1 when requests failed (of two runs, in the second); 2 when it could not be held;
 *   128 and the signal's number when a signal ended it.
 */
export async function rehearse(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv);
  if (!options.ok) return refuse(options.problems);
  if (options.value === 'help') {
    process.stdout.write(helpText());
    return 0;
  }
  if (process.platform !== 'linux') {
    return refuse([`Runs on Linux only, as it needs all of 127.0.0.0/8; this is ${process.platform}`]);
  }
  return await rehearseAll(options.value);
}

async function rehearseAll(options: Options): Promise<number> {
  const { manifests } = options;
  const files = manifests.type === 'one' ? [manifests.file] : [manifests.without, manifests.with];
  const casts = files.map(file => ({ file, cast: readCast(file, options) }));
  const problems = casts.flatMap(({ cast }) => (cast.ok ? [] : cast.problems));
  if (problems.length > 0) return refuse(problems);

  const interrupted = watchSignals();
  const runs: NamedRun[] = [];
  try {
    for (const { file, cast } of casts) {
      if (!cast.ok) continue;
      const result = await holdOne(file, cast.value, options, interrupted.signal);
      runs.push({ file, cast: cast.value, result });
    }
    if (options.svg !== undefined) {
      writeFileSync(options.svg, renderPicture(runs));
      process.stderr.write(`The picture is in ${options.svg}\n`);
    }
  } catch (error) {
    if (interrupted.status !== undefined) return interrupted.status;
    if (error instanceof RehearsalError) return refuse([...error.output, error.message]);
    if (error instanceof Error && 'syscall' in error) return refuse([`The picture: ${error.message}`]);
    throw error;
  } finally {
    interrupted.end();
  }
  process.stdout.write(options.json ? `${JSON.stringify(jsonOf(runs), undefined, 2)}\n` : textOf(runs));
  return (runs.at(-1)?.result.failed ?? 0) > 0 ? 1 : 0;
}

async function holdOne(file: string, cast: Cast, options: Options, signal: AbortSignal): Promise<Result> {
  const progress = createProgress(process.stderr, process.stderr.isTTY, basename(file));
  for (const note of cast.notes) progress.line(`Note: ${note}`);
  for (const { where, message } of cast.warnings) progress.line(`Warning: ${file}: ${where}: ${message}`);
  progress.line(`${file}: ${describeTarget(cast, options.rate)}`);
  try {
    return await holdRehearsal(
      cast,
      options,
      process.argv[1] ?? '',
      {
        onPhase: (phase, load) => progress.show(phase, load),
        onLine: (container, line) => {
          if (options.logs) progress.line(`[${container}] ${line}`);
        },
      },
      signal,
    );
  } finally {
    progress.end();
  }
}

function jsonOf(
  runs: readonly NamedRun[],
): Result | Readonly<Record<'without' | 'with', Result>> | undefined {
  const [first, second] = runs;
  if (first === undefined || second === undefined) return first?.result;
  return { without: first.result, with: second.result };
}

function textOf(runs: readonly NamedRun[]): string {
  const { isTTY, columns } = process.stdout;
  // https://no-color.org: set and not empty.
  const colour = isTTY && !process.env['NO_COLOR'];
  return renderReport(runs, { colour, width: isTTY ? columns : 100 });
}

function refuse(problems: readonly string[]): number {
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  return NOT_HELD;
}

/** The first signal ends the rehearsal in order, so that nothing is left running. */
function watchSignals(): { readonly signal: AbortSignal; readonly status: number | undefined; end(): void } {
  const abort = new AbortController();
  let status: number | undefined;
  const handlers = (['SIGHUP', 'SIGINT', 'SIGTERM'] as const).map(name => {
    const onSignal = (): void => {
      status ??= 128 + constants.signals[name];
      abort.abort();
    };
    process.on(name, onSignal);
    return { name, onSignal };
  });
  return {
    signal: abort.signal,
    get status(): number | undefined {
      return status;
    },
    end: () => {
      for (const { name, onSignal } of handlers) process.off(name, onSignal);
    },
  };
}
