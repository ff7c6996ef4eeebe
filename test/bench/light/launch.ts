import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '../../..');
const LONGEST_START_MS = 10_000;

/** A server under test. */
export interface Launched {
  readonly pid: number;
  readonly port: number;
  /** From spawn to the first answer. */
  readonly startMs: number;
  stop(): Promise<void>;
}

/** How the image starts the agent: what its Dockerfile sets, so that the bench cannot depart from it. */
export interface ImageStart {
  readonly nodeFlags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** @returns what stands in ENTRYPOINT between Node and the agent's file, and the variables of ENV. */
export function readImageStart(): ImageStart {
  const lines = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').split('\n');
  const [entrypoint = '', variables = ''] = ['ENTRYPOINT ', 'ENV '].map(word =>
    lines.find(line => line.startsWith(word))?.slice(word.length),
  );
  return {
    nodeFlags: [...entrypoint.matchAll(/"(--[^"]+)"/g)].map(([, flag = '']) => flag),
    environment: Object.fromEntries(
      [...variables.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
    ),
  };
}

/** Starts the agent as built, with that file of annotations. */
export async function launchAgent(annotationsFile: string): Promise<Launched> {
  const { nodeFlags, environment } = readImageStart();
  const port = await freePort();
  const args = [...nodeFlags, join(ROOT, 'dist/podusher.cjs'), ...agentArguments(port, annotationsFile)];
  return launch(args, environment, port, '/livez');
}

/** @returns the agent's arguments; it keeps to loopback, as all else here does. */
export function agentArguments(port: number, annotationsFile: string): string[] {
  return [
    'agent',
    `--port=${port}`,
    '--listen-address=127.0.0.1',
    `--annotations-file=${annotationsFile}`,
    `--outside-address=${OUTSIDE}`,
  ];
}

/** Where the load comes from. */
export const OUTSIDE = '127.0.1.1';

/** Starts the bare server; where targets are given, it asks each of these ports once a second. */
export async function launchReference(targets: readonly number[] = []): Promise<Launched> {
  const port = await freePort();
  return launch(
    [join(import.meta.dirname, 'reference.cjs'), ...[port, ...targets].map(String)],
    {},
    port,
    '/',
  );
}

async function launch(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  port: number,
  path: string,
): Promise<Launched> {
  const from = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  while (!(await answers(port, path))) {
    if (child.exitCode !== null || performance.now() - from > LONGEST_START_MS) {
      await stop(child);
      throw new Error(`No answer from ${args.join(' ')}`);
    }
    await sleep(1);
  }
  const startMs = performance.now() - from;
  return { pid: child.pid ?? 0, port, startMs, stop: () => stop(child) };
}

/** Ends a process that this bench started. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** @returns a port of loopback that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No free port');
  return address.port;
}

function answers(port: number, path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const request = get({ host: '127.0.0.1', port, path, agent: false }, response => {
    response.resume().on('end', () => resolve(response.statusCode === 200));
  });
  request.on('error', () => resolve(false));
  return promise;
}
