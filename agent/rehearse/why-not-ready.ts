/** What keeps a pod from being Ready, in lines for people; an agent among the containers is asked for its reasons. */
import type { NotReady } from '../../lib/kubelet/not-ready.ts';
import { type KubeletProbe, POD_ADDRESS, type Pod } from '../../lib/kubelet/pod.ts';
import { firstRequest } from '../../lib/readiness/http-probe.ts';
import { exchange } from '../sidecar/outbound/exchange.ts';
import { Network } from '../sidecar/outbound/network.ts';
import type { Actor } from './cast.ts';

const ASK_WITHIN_MS = 1000;
const MOST_LINES = 50;

/** Stands for checks that fail because of what was warned of. */
const WARNED = '[-]settings failed: the warnings above tell why';

/**
 * @param warned the messages of what the user has been warned of, which are not told again
 * @returns a line for each container, and below an agent's one for each check of its `/ready` that failed
 */
export async function whyNotReady(
  found: readonly NotReady[],
  pod: Pod,
  actors: ReadonlyMap<string, Actor>,
  warned: readonly string[],
): Promise<string> {
  const lines: string[] = [];
  for (const { container, reason } of found) {
    lines.push(`  ${container}: ${reason}`);
    const probe = pod.containers.find(({ name }) => name === container)?.probes.readiness;
    if (probe === undefined || actors.get(container)?.isAgent !== true) continue;
    const checks = (await failedChecks(probe)).map(line => (isTold(line, warned) ? WARNED : line));
    lines.push(...[...new Set(checks)].map(line => `    ${line}`));
  }
  return lines.join('\n');
}

/** @returns the problems of the settings, a line for each of which the user has not been warned. */
export function badSettings(problems: readonly string[], warned: readonly string[]): string {
  const lines = problems.map(problem => (isTold(problem, warned) ? 'the warnings above tell why' : problem));
  return [...new Set(lines)].map(line => `  the settings are bad: ${line}`).join('\n');
}

/** @returns whether what the agent says, with its source before it, ends as a warning does. */
export function isTold(said: string, warned: readonly string[]): boolean {
  return warned.some(message => said.endsWith(`: ${message}`));
}

/** @returns the lines `[-]NAME failed: …` of its answer, which has them whenever it is not ready. */
async function failedChecks({ action }: KubeletProbe): Promise<string[]> {
  const request =
    action.type === 'httpGet' ? firstRequest(action, POD_ADDRESS, 'podusher-rehearse') : undefined;
  if (request === undefined) return [];
  const chunks: Buffer[] = [];
  const context = { network: new Network(), signal: AbortSignal.timeout(ASK_WITHIN_MS) };
  await exchange(request, context, () => true, { take: chunk => void chunks.push(chunk) });
  const lines = Buffer.concat(chunks).toString('utf8').split('\n');
  return lines.filter(line => line.startsWith('[-]')).slice(0, MOST_LINES);
}
