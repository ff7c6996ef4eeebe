import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { type Process, type ProcessEvents, startProcess } from '../../agent/rehearse/process.ts';

interface Watched {
  readonly process: Process;
  readonly lines: readonly string[];
  /** How it ended: `exit 0`, `SIGTERM`, or an error's code. */
  readonly end: Promise<string>;
  readonly firstLine: Promise<string>;
}

const processes: Process[] = [];

function watch(...command: readonly string[]): Watched {
  const lines: string[] = [];
  const end = Promise.withResolvers<string>();
  const firstLine = Promise.withResolvers<string>();
  const events: ProcessEvents = {
    onExit: (code, signal) => end.resolve(signal ?? `exit ${code}`),
    onError: error => end.resolve('code' in error ? String(error.code) : error.message),
    onLine: line => {
      lines.push(line);
      firstLine.resolve(line);
    },
  };
  const started = startProcess(command, { cwd: '/', env: process.env }, events);
  processes.push(started);
  return { process: started, lines, end: end.promise, firstLine: firstLine.promise };
}

/** Waits until no process has this id; a zombie that nobody has waited for yet still has it. */
async function untilGone(pid: number): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    assert.ok(performance.now() < deadline, `process ${pid} is still there`);
    await new Promise(resolve => void setTimeout(resolve, 10));
  }
}

describe('startProcess()', () => {
  afterEach(() => {
    for (const started of processes.splice(0)) started.destroy();
  });

  it('tells how it ended, and each line of both outputs', async () => {
    const {
      process: started,
      lines,
      end,
    } = watch('sh', '-c', 'echo one; echo two >&2; printf three; exit 3');
    assert.equal(await end, 'exit 3');
    await started.closed;
    assert.deepEqual(lines.toSorted(), ['one', 'three', 'two']);
  });

  it('tells why it could not be started', async () => {
    assert.equal(await watch('/no/such/program').end, 'ENOENT');
    assert.equal(await watch('echo', 'x'.repeat(200_000)).end, 'E2BIG');
  });

  it('sends SIGTERM to the first process alone, and kills what that leaves behind', async () => {
    const { process: started, end, firstLine } = watch('sh', '-c', 'sleep 60 & echo $!; exec sleep 60');
    const child = Number(await firstLine);
    started.signal('SIGTERM');
    assert.equal(await end, 'SIGTERM');
    await untilGone(child);
  });

  it('sends SIGKILL to all of it', async () => {
    const script = 'trap "" TERM; sleep 60 & echo $!; wait';
    const { process: started, end, firstLine } = watch('sh', '-c', script);
    const child = Number(await firstLine);
    started.signal('SIGTERM');
    started.signal('SIGKILL');
    assert.equal(await end, 'SIGKILL');
    await untilGone(child);
  });

  it('takes a line without an end in pieces', async () => {
    const { process: started, lines } = watch('node', '-e', 'process.stdout.write("x".repeat(300_000))');
    await started.closed;
    assert.ok(lines.length > 1);
    assert.equal(lines.join('').length, 300_000);
  });
});
