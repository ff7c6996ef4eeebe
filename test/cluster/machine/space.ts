/**
 * A space: processes, mounts and network of their own, held by one process, its init. When that one is killed, the
 * kernel ends all others in it, and mounts, routes, rules and links are gone: nothing has to be undone one by one.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunOptions, run } from '../run.ts';
import { until } from '../wait.ts';
import { type SpaceName, STATE } from './place.ts';
import { isAlive, type ProcessId, processIdFrom } from './process-id.ts';

/** What a space has of its own. */
export const SPACE_FLAGS: readonly string[] = [
  '--mount',
  '--net',
  '--pid',
  '--uts',
  '--fork',
  '--kill-child',
];

const OPEN_MS = 30_000;
const CLOSE_MS = 60_000;

/**
 * The init of a space. It writes down itself who it is, before anything else, so that it can be found also when
 * whoever started it is killed. It ignores SIGCHLD: orphans that end in it are gone at once. (Debian's sh would not ignore
 * it.)
 */
const INIT = `
  IFS= read -r stat < /proc/self/stat
  echo "$stat" > "$1.new" && mv "$1.new" "$1" || exit 1
  trap '' CHLD
  exec sleep infinity`;

function recordOf(name: SpaceName): string {
  return join(STATE, 'spaces', name);
}

/** @returns the init of a space, null when there is none that lives. */
export function initOf(name: SpaceName): ProcessId | null {
  let record: string;
  try {
    record = readFileSync(recordOf(name), 'utf8');
  } catch {
    return null;
  }
  const init = processIdFrom(record);
  return init !== null && isAlive(init) ? init : null;
}

/** @returns a path in a space as the host sees it. */
export function pathIn(name: SpaceName, path: string): string {
  return join(`/proc/${pidOf(name)}/root`, path);
}

/** @returns what comes before a command that is to run in a space. */
export function enter(name: SpaceName): readonly string[] {
  return ['nsenter', '--target', String(pidOf(name)), '--mount', '--net', '--pid', '--uts', '--'];
}

/** Runs a command in a space, to its end. */
export function inSpace(name: SpaceName, command: readonly string[], options: RunOptions): Promise<string> {
  return run([...enter(name), ...command], options);
}

function pidOf(name: SpaceName): number {
  const init = initOf(name);
  if (init === null) throw new Error(`"${name}" is not up`);
  return init.pid;
}

/** Opens a space with its own /run, /proc and host name; what is mounted in it is never seen outside. */
export async function openSpace(name: SpaceName): Promise<void> {
  const record = recordOf(name);
  await mkdir(join(STATE, 'spaces'), { recursive: true });
  spawn('unshare', [...SPACE_FLAGS, 'bash', '-c', INIT, 'bash', record], {
    detached: true,
    stdio: 'ignore',
  }).unref();
  await until(`"${name}" opens`, () => initOf(name) !== null, { timeoutMs: OPEN_MS, everyMs: 10 });
  const setUp = `
    mount -t proc proc /proc
    mount -t tmpfs -o mode=755 podusher-run /run
    hostname ${name}
    ip link set lo up`;
  await inSpace(name, ['sh', '-euc', setUp], { timeoutMs: OPEN_MS });
}

/** Ends all that runs in a space, if it is there. */
export async function closeSpace(name: SpaceName): Promise<void> {
  const init = initOf(name);
  if (init === null) return;
  process.kill(init.pid, 'SIGKILL');
  await until(`"${name}" has ended`, () => !isAlive(init), { timeoutMs: CLOSE_MS, everyMs: 20 });
}
