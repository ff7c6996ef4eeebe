/** The real program, on manifests with ports of their own. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Result } from '../../agent/rehearse/rehearsal.ts';
import type { Entry } from '../../lib/timeline/entry.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLES = join(ROOT, 'examples/rails-auth');
const MAIN = join(ROOT, 'agent/main.ts');

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of manifests and temporary files for one test. */
export class Theatre {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'podusher-test-'));
  readonly temporary: string = mkdtempSync(join(this.folder, 'tmp-'));
  readonly #ports = new Map<string, number>();

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
    for (const port of ['3000', '4000', '8126', '8866']) {
      text = text.replaceAll(port, String(await this.port(port)));
    }
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
    return spawn(process.execPath, [MAIN, 'rehearse', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Runs `podusher rehearse` to its end. It must leave nothing behind. */
  async run(...args: readonly string[]): Promise<Ended> {
    const ended = await endOf(await this.start(...args));
    assert.deepEqual(readdirSync(this.temporary), [], 'temporary files are left');
    return ended;
  }

  /** Runs it with `--json`. */
  async result(...args: readonly string[]): Promise<Result & Pick<Ended, 'status'>> {
    const { status, stdout, stderr } = await this.run(...args, '--json');
    assert.notEqual(stdout, '', stderr);
    const result: Result = JSON.parse(stdout);
    return { ...result, status };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function endOf(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  await once(child, 'close');
  return { status: child.exitCode, stdout, stderr };
}

/** Below the ports that the kernel gives to clients, so that no connection takes it meanwhile. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer().listen(port);
    const [event] = await Promise.race([
      once(server, 'listening').then(() => ['listening']),
      new Promise<string[]>(resolve => server.once('error', () => resolve(['error']))),
    ]);
    if (event === 'error') continue;
    server.close();
    await once(server, 'close');
    return port;
  }
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
