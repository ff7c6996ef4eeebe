/** A program that runs in a space until it is stopped, whoever started it. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Hopeless, until } from '../wait.ts';
import { programsFiles } from './cgroups.ts';
import { LOGS, type SpaceName } from './place.ts';
import { isOver } from './process-id.ts';
import { enter, inSpace, pathIn } from './space.ts';

const START_MS = 30_000;
const STOP_MS = 60_000;
const KILL_MS = 30_000;

export interface Service {
  readonly space: SpaceName;
  readonly name: string;
  readonly command: readonly string[];
}

function logOf({ space, name }: Service): string {
  return join(LOGS, space, `${name}.log`);
}

/** The space's own /run is gone with it, so no number in it is ever somebody else's. */
function pidFile({ name }: Service): string {
  return `/run/${name}.pid`;
}

/**
 * Its parent is the space's init, which lets go of it the moment that it ends. `nsenter` must not stay its parent: it stops
 * itself when its child is stopped, and then never notices that it ends.
 */
const START = `
  setsid sh -c 'for group in $1; do echo $$ > "$group"; done; shift; echo $$ > "$0"; exec "$@"' "$@" &`;

/** Starts a service and returns when its process is there; whether it is any good is another question. */
export async function start(service: Service): Promise<void> {
  if (isRunning(service)) return;
  await mkdir(dirname(logOf(service)), { recursive: true });
  const log = openSync(logOf(service), 'a');
  const inside = ['sh', '-c', START, 'sh', pidFile(service), programsFiles().join(' '), ...service.command];
  const [file = '', ...args] = [...enter(service.space), ...inside];
  await inSpace(service.space, ['rm', '-f', pidFile(service)], { timeoutMs: START_MS });
  spawn(file, args, { detached: true, stdio: ['ignore', log, log] }).unref();
  closeSync(log);
  await until(`${service.name} starts`, () => pidOf(service) !== null, { timeoutMs: START_MS, everyMs: 10 });
}

/** @returns its number within the space, null when it was never started. */
function pidOf(service: Service): string | null {
  return textIn(service, pidFile(service))?.trim() || null;
}

export function isRunning(service: Service): boolean {
  const pid = pidOf(service);
  const stat = pid === null ? null : textIn(service, `/proc/${pid}/stat`);
  return stat !== null && !isOver(stat);
}

/** @returns what is in a file of its space, null when there is none. */
function textIn({ space }: Service, path: string): string | null {
  try {
    return readFileSync(pathIn(space, path), 'utf8');
  } catch {
    return null;
  }
}

/** @throws Hopeless, with the end of its log, when it has ended */
export function mustRun(service: Service): void {
  if (isRunning(service)) return;
  const log = readFileSync(logOf(service), 'utf8').trim().split('\n').slice(-10).join('\n');
  throw new Hopeless(`"${service.name}" in "${service.space}" has ended:\n${log}`);
}

/** SIGSTOP: it is there, and answers nobody. */
export function pause(service: Service): Promise<void> {
  return send(service, 'STOP');
}

export function resume(service: Service): Promise<void> {
  return send(service, 'CONT');
}

/** Ends a service and waits until it has ended: by SIGTERM, or at once by SIGKILL. */
export async function stop(service: Service, signal: 'TERM' | 'KILL' = 'TERM'): Promise<void> {
  if (!isRunning(service)) return;
  // It may end by itself at that moment, as kube-proxy does when its settings change.
  await send(service, signal).catch((error: unknown) => {
    if (isRunning(service)) throw error;
  });
  const ended = `${service.name} ends`;
  const gone = (): boolean => !isRunning(service);
  await until(ended, gone, { timeoutMs: signal === 'TERM' ? STOP_MS : KILL_MS, everyMs: 50 });
}

/** Sends a signal that it knows what to do with. */
export async function send(service: Service, signal: string): Promise<void> {
  const pid = pidOf(service);
  if (pid === null) throw new Error(`"${service.name}" was never started in "${service.space}"`);
  await inSpace(service.space, ['kill', `-${signal}`, pid], { timeoutMs: KILL_MS });
}
