import { type Parsed, parsed } from '../../lib/parsed.ts';
import { MOST_WRITES } from '../../lib/publisher/places.ts';
import type { Environment } from '../../lib/settings/environment.ts';
import { publisherHelp } from '../../lib/settings/help.ts';
import { createReader } from '../../lib/settings/layers.ts';
import { formatProblem } from '../../lib/settings/problem.ts';
import { PUBLISHER, publisherProblems, publisherSettings } from '../../lib/settings/publisher-table.ts';
import { flagOf } from '../../lib/settings/row.ts';
import { now } from '../clock.ts';
import { readCommandLine } from '../command-line.ts';
import { type Account, addressOf, readAccount, readNamespace } from '../kubernetes/account.ts';
import { createClient } from '../kubernetes/client.ts';
import { VERSION } from '../version.ts';
import { dryRun } from './dry-run.ts';
import { runPublisher } from './publisher.ts';

const BAD_INPUT = 2;
/** The kubelet renews the token minutes before it is no longer taken. */
const ACCOUNT_MS = 10_000;
const ELSEWHERE = `Outside of the cluster: start kubectl proxy, and give its address by ${flagOf(PUBLISHER.server)}`;

/**
 * `podusher publisher`: reads its settings, then publishes until SIGTERM.
 *
 * @returns the exit status: 0; 1 where `--dry-run` could not read all; 2 for bad flags and variables, a service account
 *   that cannot be read, or a port that is in use
 */
export async function publisher(argv: readonly string[], environment: Environment): Promise<number> {
  const { asks, flags, problems } = readCommandLine(argv, Object.values(PUBLISHER));
  if (asks !== undefined) {
    process.stdout.write(asks === 'help' ? publisherHelp() : `podusher ${VERSION}\n`);
    return 0;
  }
  const reader = createReader({ flags, environment, annotations: new Map() });
  const own = publisherSettings(reader);
  const given = [...problems, ...reader.startProblems, ...publisherProblems(environment, own)];
  // Bad settings alone: they may be why there is no account, and whoever only misspelt a flag looks for none.
  if (given.length > 0) return refuse(given.map(formatProblem));
  const { server } = own;
  const readAgain = async (): Promise<Parsed<Account>> =>
    server === undefined ? readAccount(own.serviceAccount, environment) : parsed({ proxy: server });
  const account = await readAgain();
  if (!account.ok) return refuse(own.dryRun ? [...account.problems, ELSEWHERE] : account.problems);
  const client = createClient(remembered(readAgain), `podusher/${VERSION}`, MOST_WRITES);
  if (own.dryRun) return dryRun({ own, client, now, address: addressOf(account.value) });
  const leaseNamespace = own.leaseNamespace ?? (await readNamespace(own.serviceAccount)) ?? 'default';
  const ended = await runPublisher({ own, leaseNamespace, client, now });
  return ended.ok ? ended.value : refuse(ended.problems);
}

/** @returns what was read a moment ago, where that is as good: writes need not wait for files. */
function remembered(read: () => Promise<Parsed<Account>>): () => Promise<Parsed<Account>> {
  let last: { readonly at: number; readonly account: Parsed<Account> } | undefined;
  return async () => {
    if (last?.account.ok === true && now() - last.at < ACCOUNT_MS) return last.account;
    last = { at: now(), account: await read() };
    return last.account;
  };
}

function refuse(problems: readonly string[]): number {
  process.stderr.write(`${problems.join('\n')}\n`);
  return BAD_INPUT;
}
