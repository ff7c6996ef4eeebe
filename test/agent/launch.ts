/** The built agent as a real process. Each has an outside address of its own, so that pods do not see each other's. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import * as v from 'valibot';
import { statusSchema } from '../../lib/status/schema.ts';
import type { Status } from '../../lib/status/status.ts';
import type { Wire } from '../../lib/status/wire.ts';
import { freePort } from '../rehearse/cli.ts';
import { type Answer, type Asked, ask } from './http.ts';
import { type Stalls, watchStalls } from './stalls.ts';
import { now, until, within } from './until.ts';
import { type Annotations, Volume } from './volume.ts';

/** The program as it is shipped. */
export const PROGRAM: string = join(import.meta.dirname, '../../dist/podusher.cjs');

const START_WITHIN_MS = 30_000;

export interface Launch {
  readonly annotations?: Annotations;
  /** Besides the port, the outside address and the annotations file. */
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Instead of `PROGRAM`. */
  readonly program?: string;
  /** A file descriptor that gets the log; then nobody here reads it. */
  readonly stdout?: number;
  /** What the annotations file is before the start, if not `annotations`. */
  readonly prepare?: (volume: Volume) => void;
}

/** A line of the agent's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly at: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A preStop hook on its way. */
export interface Hook {
  readonly calledAt: number;
  readonly answer: Promise<Answer>;
  /** The caller goes away. */
  abandon(): void;
}

/** Starts cost CPU, which would blur what is timed: one after the other, then. */
let starting: Promise<unknown> = Promise.resolve();

/** Those that run. However this process ends, they end with it. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** @returns an agent that listens; it is gone when the test has ended. */
export function startAgent(context: TestContext, launch: Launch = {}): Promise<Agent> {
  const started = starting.then(() => start(context, launch));
  starting = started.catch(() => {});
  return started;
}

async function start(context: TestContext, launch: Launch): Promise<Agent> {
  // It may have timed out while others started: nobody would end its agent.
  context.signal.throwIfAborted();
  const volume = new Volume(launch.annotations ?? {});
  context.after(() => volume.remove());
  launch.prepare?.(volume);
  const port = await freePort();
  const outside = randomLoopback();
  const flags = [`--port=${port}`, `--outside-address=${outside}`, `--annotations-file=${volume.file}`];
  const child = spawnAgent([...flags, ...(launch.flags ?? [])], launch);
  const agent = new Agent(child, { port, outside, volume });
  context.after(async () => {
    await agent.kill();
    if ('passed' in context && context.passed === false)
      context.diagnostic(agent.log.map(line => JSON.stringify(line)).join('\n'));
  });
  if (launch.stdout === undefined) await agent.logged(`Listening on port ${port}`, START_WITHIN_MS);
  else await until('an answer', () => agent.get('/livez').catch(() => undefined), START_WITHIN_MS);
  return agent;
}

/** Runs the agent where it is expected to end by itself. */
export async function runAgent(
  flags: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = spawnAgent(flags, { environment });
  const deadline = setTimeout(() => child.kill('SIGKILL'), START_WITHIN_MS);
  const ended = await endOf(child);
  clearTimeout(deadline);
  assert.equal(ended.signal, null, `it did not end by itself; ${ended.stdout}`);
  return ended;
}

/** @returns an address of loopback that hardly any other test has. */
function randomLoopback(): string {
  return `127.${Array.from({ length: 3 }, () => randomInt(1, 250)).join('.')}`;
}

function spawnAgent(
  flags: readonly string[],
  { environment, program = PROGRAM, stdout }: Pick<Launch, 'environment' | 'program' | 'stdout'>,
): ChildProcess {
  assert.ok(existsSync(program), `${program} is not there; npm run build makes it`);
  const env = { PATH: process.env['PATH'], ...environment };
  const child = spawn(process.execPath, [program, 'agent', ...flags], {
    env,
    stdio: ['ignore', stdout ?? 'pipe', 'pipe'],
  });
  running.add(child);
  return child;
}

async function endOf(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  await once(child, 'close');
  running.delete(child);
  return { code: child.exitCode, signal: child.signalCode, at: now(), stdout, stderr };
}

/** One running agent, and its pod's surroundings. */
export class Agent {
  readonly port: number;
  /** Connections from here, and only those, come from outside the pod. */
  readonly outside: string;
  readonly volume: Volume;
  readonly ended: Promise<Ended>;
  readonly log: LogLine[] = [];
  readonly stalls: Stalls;
  readonly #child: ChildProcess;

  constructor(
    child: ChildProcess,
    { port, outside, volume }: { readonly port: number; readonly outside: string; readonly volume: Volume },
  ) {
    this.#child = child;
    this.port = port;
    this.outside = outside;
    this.volume = volume;
    this.ended = endOf(child);
    this.stalls = watchStalls(child.pid);
    this.#readLog();
  }

  /** Requests of the kubelet: from within the node, on connections of their own. */
  get(path: string, asked: Omit<Asked, 'port' | 'path'> = {}): Promise<Answer> {
    return ask({ port: this.port, path, ...asked });
  }

  /** Calls a preStop hook; a bare one for null. */
  hook(container: string | null, headers: Readonly<Record<string, string>> = {}): Hook {
    const controller = new AbortController();
    const path = container === null ? '/drain' : `/drain?container=${container}`;
    const calledAt = now();
    const answer = this.get(path, { headers, signal: controller.signal });
    answer.catch(() => {}); // Whoever abandons it does not wait for it.
    return { calledAt, answer, abandon: () => controller.abort() };
  }

  /**
   * Begins a termination, as the kubelet does: all hooks at one instant, the agent's own among them.
   * @returns what became of a container's hook.
   */
  terminate(...containers: readonly string[]): (container: string) => Hook {
    const hooks = new Map([...containers, 'podusher'].map(name => [name, this.hook(name)]));
    return container => {
      const hook = hooks.get(container);
      assert.ok(hook, `${container} has a hook`);
      return hook;
    };
  }

  /** @returns `/status`, which is as its schema says, always. */
  async status(): Promise<Wire<Status>> {
    const { status, body } = await this.get('/status');
    assert.equal(status, 200);
    const parsed: unknown = JSON.parse(body);
    const result = v.safeParse(statusSchema, parsed);
    assert.ok(result.success, JSON.stringify(result.issues?.map(({ message, path }) => ({ message, path }))));
    return result.output;
  }

  /** Edits the pod's annotations, and waits until they are in effect. */
  async annotate(annotations: Annotations): Promise<void> {
    const { hash } = (await this.status()).settings;
    this.volume.write(annotations);
    await until('the edit to take effect', async () => {
      const { settings } = await this.status();
      return settings.hash === hash || settings.problems.length > 0 ? undefined : true;
    });
  }

  /** @returns the first line whose message has the text in it. */
  logged(text: string, withinMs?: number): Promise<LogLine> {
    const look = (): LogLine | undefined => this.log.find(({ msg }) => msg.includes(text));
    const ended = this.ended.then(({ stderr }) => {
      throw new Error(`The agent ended without logging "${text}"; ${stderr}`);
    });
    ended.catch(() => {});
    return Promise.race([until(`a log line with "${text}"`, look, withinMs), ended]);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** @returns how it ended by itself. */
  left(): Promise<Ended> {
    return within('the end of the agent', this.ended);
  }

  /** Its resident memory now and at its highest, in MiB. */
  memory(): { readonly nowMiB: number; readonly peakMiB: number } {
    const text = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const mib = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1]) / 1024;
    return { nowMiB: mib('VmRSS'), peakMiB: mib('VmHWM') };
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
    this.stalls.close();
  }

  #readLog(): void {
    let rest = '';
    this.#child.stdout?.on('data', (text: string) => {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.log.push(JSON.parse(line));
    });
  }
}
