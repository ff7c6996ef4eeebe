import { type Parsed, parsed, unparsed } from '../../lib/parsed.ts';
import { type AgentSettings, readAgentSettings } from '../../lib/settings/agent-settings.ts';
import type { Environment } from '../../lib/settings/environment.ts';
import { agentHelp } from '../../lib/settings/help.ts';
import { formatProblem } from '../../lib/settings/problem.ts';
import { readBounded } from '../bounded-file.ts';
import { now } from '../clock.ts';
import { readCommandLine } from '../command-line.ts';
import { codeOf } from '../error-code.ts';
import { VERSION } from '../version.ts';
import { runAgent } from './agent.ts';
import { keepNextTickFast } from './next-tick.ts';
import { readFirst } from './settings-reader.ts';

const BAD_INPUT = 2;

/** A token longer than any header of the hook could carry. */
const LONGEST_TOKEN = 4096;
const LONGEST_TOKEN_FILE_BYTES = 8192;

/**
 * `podusher agent`: reads all settings, then serves until SIGTERM.
 *
 * @returns the exit status: 0; 2 for bad flags and variables, a token that cannot be read, or a port in use
 */
export async function agent(argv: readonly string[], environment: Environment): Promise<number> {
  const { asks, flags, problems } = readCommandLine(argv);
  if (asks !== undefined) {
    process.stdout.write(asks === 'help' ? agentHelp() : `podusher ${VERSION}\n`);
    return 0;
  }
  const own = readAgentSettings({ flags, environment });
  const source = { flags, environment, file: own.annotationsFile, now };
  const [{ known, reading }, token] = await Promise.all([readFirst(source), readToken(own.token)]);
  const all = [...problems, ...reading.startProblems].map(formatProblem);
  if (!token.ok) all.push(...token.problems);
  if (!token.ok || all.length > 0) {
    process.stderr.write(`${all.join('\n')}\n`);
    return BAD_INPUT;
  }
  keepNextTickFast();
  const started = await runAgent({ own, source, first: known, token: token.value, now });
  if (started.ok) return started.value;
  process.stderr.write(`${started.problems.join('\n')}\n`);
  return BAD_INPUT;
}

/** @returns the token that `/drain` asks for; undefined where it asks for none. */
async function readToken(source: AgentSettings['token']): Promise<Parsed<string | undefined>> {
  if (source === undefined || source.type === 'value') return parsed(source?.value);
  try {
    const token = new TextDecoder().decode(await readBounded(source.path, LONGEST_TOKEN_FILE_BYTES)).trim();
    if (/^[!-~]+$/.test(token) && token.length <= LONGEST_TOKEN) return parsed(token);
    return unparsed(
      `token file ${source.path}: Is not a token; accepted: 1 to ${LONGEST_TOKEN} visible ASCII characters`,
    );
  } catch (error) {
    return unparsed(`token file ${source.path}: Cannot be read (${codeOf(error)})`);
  }
}
