/** The log's own pipe, which nobody reads, or only later. The agent goes on, and says what was lost. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { codeOf } from '../../agent/error-code.ts';
import { createLogOutput, type LogOutput } from '../../agent/sidecar/log-output.ts';
import { type Agent, startAgent } from './launch.ts';
import { metricsOf } from './metrics-text.ts';
import { assertBetween } from './pod.ts';
import { assertPrompt } from './timing.ts';
import { until } from './until.ts';

/** A real pipe, as containerd gives one, where Node would give a socket. */
class Pipe {
  readonly writeFd: number;
  readonly #readFd: number;

  constructor(context: TestContext, isBlocking: boolean) {
    const folder = mkdtempSync(join(tmpdir(), 'podusher-pipe-'));
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    this.#readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.writeFd = openSync(path, constants.O_WRONLY | (isBlocking ? 0 : constants.O_NONBLOCK));
    context.after(() => {
      for (const fd of [this.#readFd, this.writeFd]) closeSync(fd);
      rmSync(folder, { recursive: true });
    });
  }

  /** @returns all that is in it now. */
  read(): string {
    const buffer = Buffer.alloc(128 * 1024);
    try {
      return buffer.toString('utf8', 0, readSync(this.#readFd, buffer));
    } catch (error) {
      if (codeOf(error) === 'EAGAIN') return '';
      throw error;
    }
  }
}

/** A line of 100 bytes. */
const lineOf = (index: number): string => `${String(index).padEnd(99, '.')}\n`;

interface Written extends Pick<LogOutput, 'write' | 'written'> {
  readonly pipe: Pipe;
  readonly lost: () => number;
}

function outputTo(context: TestContext): Written {
  const pipe = new Pipe(context, false);
  let lost = 0;
  const output = createLogOutput(pipe.writeFd, {
    lost: () => void (lost += 1),
    flowing: count => output.write(`${count} lost\n`),
  });
  return { ...output, pipe, lost: () => lost };
}

describe('createLogOutput()', { timeout: 60_000 }, () => {
  it('writes a line at once', context => {
    const { write, pipe } = outputTo(context);
    write(lineOf(1));
    assert.equal(pipe.read(), lineOf(1));
  });

  it('keeps what a full pipe does not take, and loses nothing of it', async context => {
    const { write, written, pipe, lost } = outputTo(context);
    for (let index = 0; index < 1000; index += 1) write(lineOf(index));
    let heard = pipe.read();
    assert.ok(heard.length < 100_000);
    await until('the rest', () => {
      heard += pipe.read();
      return heard.length === 100_000 || undefined;
    });
    assert.equal(heard, Array.from({ length: 1000 }, (_, index) => lineOf(index)).join(''));
    assert.equal(lost(), 0);
    await written(0);
  });

  it('loses lines beyond its bound, and says how many between those before and those after', async context => {
    const { write, pipe, lost } = outputTo(context);
    for (let index = 0; index < 3000; index += 1) write(lineOf(index));
    assertBetween(lost(), 1500, 2000);
    let heard = '';
    await until('the number of lost lines', () => {
      heard += pipe.read();
      return heard.endsWith(' lost\n') || undefined;
    });
    write(lineOf(3000));
    const lines = `${heard}${pipe.read()}`.trimEnd().split('\n');
    const kept = Array.from({ length: 3000 - lost() }, (_, index) => lineOf(index).trimEnd());
    assert.deepEqual(lines, [...kept, `${lost()} lost`, lineOf(3000).trimEnd()]);
  });

  it('waits no longer for a reader than it is told to', async context => {
    const { write, written } = outputTo(context);
    for (let index = 0; index < 1000; index += 1) write(lineOf(index));
    await written(50);
  });
});

/** @returns an agent that has more to say than its pipe takes, for nobody reads it. */
async function startUnread(context: TestContext): Promise<{ readonly agent: Agent; readonly pipe: Pipe }> {
  const pipe = new Pipe(context, true);
  const agent = await startAgent(context, {
    annotations: { 'podusher.dev/containers': 'app', 'podusher.dev/drain-min': '0s' },
    stdout: pipe.writeFd,
  });
  await until('its first line', () => pipe.read().includes('Listening') || undefined);
  // Two lines each, some 200 bytes long.
  const unknown = 'a'.repeat(63);
  for (let round = 0; round < 40; round += 1) {
    await Promise.all(Array.from({ length: 16 }, () => agent.hook(unknown).answer));
  }
  return { agent, pipe };
}

describe('an agent whose log nobody reads', { timeout: 120_000 }, () => {
  it('answers and drains, and says how many lines were lost', async context => {
    const { agent, pipe } = await startUnread(context);
    const lost = (await metricsOf(agent)).value('podusher_log_lines_lost_total');
    assertBetween(lost, 1, 1000);
    assertPrompt(agent, await agent.get('/ready'));
    const hook = agent.terminate('app');
    assert.equal((await hook('app').answer).body, 'Released: drain over\n');
    assert.equal((await hook('podusher').answer).status, 200);

    const heard = await until('the number of lost lines', () => {
      const text = pipe.read();
      return text.includes('"lostLines"') ? text : undefined;
    });
    const said = /"lostLines":(\d+),"msg":"Lines of the log were lost, for nobody read it: \1"/.exec(heard);
    assertBetween(Number(said?.[1]), lost + 1, lost + 50);
    assert.equal((await metricsOf(agent)).value('podusher_log_lines_lost_total'), Number(said?.[1]));
  });

  it('leaves at SIGTERM', async context => {
    const { agent } = await startUnread(context);
    agent.signal('SIGTERM');
    assert.equal((await agent.left()).code, 0);
  });
});
