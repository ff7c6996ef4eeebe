/** A program of this machine that ends with whoever started it, whatever ends that. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Hopeless } from '../wait.ts';

const LEAVE_MS = 20_000;

export class Program {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly #ended: Promise<unknown>;

  /** @param log the file that it writes to, after what is in it. */
  constructor(name: string, command: readonly string[], log: string) {
    this.#name = name;
    this.#log = log;
    const file = openSync(log, 'a');
    const args = ['--pdeathsig', 'KILL', ...command];
    this.#child = spawn('setpriv', args, { stdio: ['ignore', file, file] });
    closeSync(file);
    this.#ended = once(this.#child, 'exit');
    this.#ended.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** @throws Hopeless, with the end of its log, when it has ended. */
  mustRun(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) return;
    const said = readFileSync(this.#log, 'utf8').trim().split('\n').slice(-10).join('\n');
    throw new Hopeless(`"${this.#name}" has ended:\n${said}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it, and waits until it has ended. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.#child.kill(signal);
    const late = setTimeout(() => this.#child.kill('SIGKILL'), LEAVE_MS);
    await this.#ended.catch(() => {});
    clearTimeout(late);
  }
}
