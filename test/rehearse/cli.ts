/** The real program, on manifests with ports of their own. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { type EventEmitter, once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Result } from '../../agent/rehearse/rehearsal.ts';
import type { Entry } from '../../lib/timeline/entry.ts';
import { killProcessesWith, processesWith } from './processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLES = join(ROOT, 'examples/rails-auth');
const MAIN = join(ROOT, 'agent/main.ts');

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long a rehearsal that is told to end may take to end its pod. */
const END_WITHIN_MS = 20_000;

/** A folder of manifests and temporary files for one test, and every process that the test starts. */
export class Theatre {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'podusher-test-'));
  readonly temporary: string = mkdtempSync(join(this.folder, 'tmp-'));
  /** In the environment of every process of this test. */
  readonly #mark = `TMPDIR=${this.temporary}`;
  readonly #ports = new Map<string, number>();
  readonly #children = new Set<ChildProcess>();
  readonly #onExit = (): void => {
    for (const child of this.#children) child.kill('SIGTERM');
  };

  constructor() {
    // A test that takes too long ends its whole file, without a word to the hooks.
    process.once('exit', this.#onExit);
  }

  /** @returns the port that stands for the manifests' own, free when first asked for. */
  async port(named: string): Promise<number> {
    const port = this.#ports.get(named) ?? (await freePort());
    this.#ports.set(named, port);
    return port;
  }

  /** @returns the path of a manifest with this text. */
  write(name: string, text: string): string {
    const file = join(this.folder, name);
    writeFileSync(file, text);
    return file;
  }

  /** @returns the path of an example with ports of its own, and other changes. */
  async example(name: string, changes: Readonly<Record<string, string>> = {}): Promise<string> {
    let text = readFileSync(join(EXAMPLES, name), 'utf8');
    const ports = new Map<string, string>();
    for (const port of ['3000', '4000', '8126', '8866']) ports.set(port, String(await this.port(port)));
    // In one pass: a free port may have another's digits in it, such as 24000.
    text = text.replaceAll(/3000|4000|8126|8866/gu, port => ports.get(port) ?? port);
    text = text.replaceAll(/\b(rails|auth|statsd)\.ts\b/gu, file => join(EXAMPLES, file));
    for (const [from, to] of Object.entries(changes)) {
      assert.ok(text.includes(from), `${name} has ${from}`);
      text = text.replaceAll(from, to);
    }
    return this.write(name, text);
  }

  /** Starts `podusher rehearse`. */
  async start(...args: readonly string[]): Promise<ChildProcess> {
    const agentPort = String(await this.port('8866'));
    const env = { ...process.env, TMPDIR: this.temporary, PODUSHER_PORT: agentPort };
    const child = spawn(process.execPath, [MAIN, 'rehearse', ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    child.once('close', () => this.#children.delete(child));
    return child;
  }

  /** Runs `podusher rehearse` to its end. It must leave nothing behind. */
  async run(...args: readonly string[]): Promise<Ended> {
    const ended = await endOf(await this.start(...args));
    assert.deepEqual(readdirSync(this.temporary), [], 'temporary files are left');
    await this.untilNothingRuns();
    return ended;
  }

  /** Waits for the last process to end, which a moment ago was killed at the latest. */
  async untilNothingRuns(): Promise<void> {
    const deadline = performance.now() + END_WITHIN_MS;
    for (let left = this.running(); left.length > 0; left = this.running()) {
      assert.ok(performance.now() < deadline, `processes ${left.join(', ')} are left`);
      await sleep(10);
    }
  }

  /** @returns the ids of the processes of this test that run. */
  running(): number[] {
    return processesWith(this.#mark);
  }

  /** Runs it with `--json`. */
  async result(...args: readonly string[]): Promise<Result & Pick<Ended, 'status'>> {
    const { status, stdout, stderr } = await this.run(...args, '--json');
    assert.notEqual(stdout, '', stderr);
    return { ...resultOf(stdout), status };
  }

  /** Ends and removes everything, however the test went. */
  async close(): Promise<void> {
    const deadline = setTimeout(() => {
      for (const child of this.#children) child.kill('SIGKILL');
    }, END_WITHIN_MS);
    for (const child of this.#children) child.kill('SIGTERM');
    await Promise.all([...this.#children].map(child => once(child, 'close')));
    clearTimeout(deadline);
    killProcessesWith(this.#mark);
    process.off('exit', this.#onExit);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** @returns what `--json` printed. */
export function resultOf(stdout: string): Result {
  return JSON.parse(stdout);
}

export async function endOf(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  await once(child, 'close');
  return { status: child.exitCode, stdout, stderr };
}

/**
 * @returns a TCP port that no other test is given while this process lives. It is below the ports that the kernel
 *   gives to clients, so that no connection takes it meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!(await reserve(port))) continue;
    const server = createServer().listen(port);
    if (!(await listens(server))) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** The UDP port of the same number is the reservation: it is in nobody's way, and ends with this process. */
async function reserve(port: number): Promise<boolean> {
  const socket = createSocket('udp4').unref();
  socket.bind({ port, address: '127.0.0.1', exclusive: true });
  const isOurs = await listens(socket);
  if (!isOurs) socket.close();
  return isOurs;
}

/** @returns whether it listens now, or cannot. */
function listens(socket: EventEmitter): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once('listening', () => resolve(true));
  socket.once('error', () => resolve(false));
  return promise;
}

/** @returns when the first such entry was, in ms since the deletion; NaN without one. */
export function at(
  { timeline }: Result,
  type: Entry['type'],
  container?: string,
  signal?: 'SIGTERM' | 'SIGKILL',
): number {
  const deletedAt = timeline.find(entry => entry.type === 'deleted')?.at ?? Number.NaN;
  const found = timeline.find(
    entry =>
      entry.type === type &&
      entry.at >= deletedAt &&
      (container === undefined || ('container' in entry && entry.container === container)) &&
      (signal === undefined || (entry.type === 'signal' && entry.signal === signal)),
  );
  return (found?.at ?? Number.NaN) - deletedAt;
}

/** @returns why requests were lost. */
export function reasons({ timeline }: Result): string[] {
  return [...new Set(timeline.flatMap(entry => (entry.type === 'outage' ? [entry.reason] : [])))];
}
