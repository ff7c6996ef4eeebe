/** What explains a failure, read before it is taken away with its namespace or its cluster; each part has a bound. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isOurs, kubectl } from './kubectl.ts';
import { LOGS, NODES } from './machine/place.ts';

const LINES_MAX = 30;
const LINE_MAX = 300;
const READ_MS = 10_000;

/** klog's warnings and errors, containerd's, and the end of a program that panicked. */
const ALARMING =
  /^[WEF]\d{4} |level=(?:warning|error|fatal)|"level":"(?:error|fatal|panic)"|panic:|^goroutine /u;

/** Of the kubelet's lines, those that say the same once a second, and those that the others say better. */
const REPEATED = /"Probe failed"|"SyncLoop \(PLEG\)|reconciler_common\.go|"No ready sandbox/u;

/** @returns a namespace's pods, its events, and what our kubelets have logged of it. */
export async function whatHappenedIn(namespace: string): Promise<string> {
  const ask = (...args: readonly string[]): Promise<string> =>
    kubectl(['--namespace', namespace, ...args], { timeoutMs: READ_MS });
  const kubelets = NODES.map(({ name }) =>
    part(`The kubelet of ${name}`, async () => {
      const log = await readFile(join(LOGS, name, 'kubelet.log'), 'utf8');
      return linesOf(log).filter(line => line.includes(`"${namespace}/`) && !REPEATED.test(line));
    }),
  );
  const parts = await Promise.all([
    part('Pods', async () => linesOf(await ask('get', 'pods', '--output', 'wide'))),
    part('Events', async () => linesOf(await ask('get', 'events', '--sort-by', '.lastTimestamp'))),
    ...(isOurs ? kubelets : []),
  ]);
  return parts.join('\n');
}

/** @returns the last warnings and errors of all our cluster's programs. */
export async function whatWasAlarming(): Promise<string> {
  const names = await readdir(LOGS, { recursive: true }).catch(() => []);
  const logs = names.filter(name => name.endsWith('.log')).toSorted((a, b) => a.localeCompare(b));
  const parts = await Promise.all(
    logs.map(name =>
      part(name, async () => {
        const log = await readFile(join(LOGS, name), 'utf8');
        return linesOf(log).filter(line => ALARMING.test(line));
      }),
    ),
  );
  return parts.join('\n');
}

async function part(what: string, read: () => Promise<readonly string[]>): Promise<string> {
  const lines = await read().catch((error: unknown) => [Object(error).message]);
  const last = lines.slice(-LINES_MAX).map(line => `  ${line.slice(0, LINE_MAX)}`);
  const left = lines.length - last.length;
  return [`${what}${left > 0 ? `, without ${left} lines before` : ''}:`, ...last].join('\n');
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter(line => line !== '');
}
