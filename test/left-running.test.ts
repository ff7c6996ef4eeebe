/** What a run of the tests leaves when it is interrupted. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from './agent/until.ts';

const LEFT_RUNNING = join(import.meta.dirname, 'left-running.ts');

/** A test that waits for a program, which is to end with the test's process. */
const FILE = `
  const { spawn } = require('node:child_process');
  const { writeFileSync } = require('node:fs');
  const { test } = require('node:test');
  const child = spawn('sleep', ['60']);
  process.on('exit', () => child.kill('SIGKILL'));
  writeFileSync(__dirname + '/pid', String(child.pid));
  test('waits', () => new Promise(resolve => child.on('exit', resolve)));`;

test('a program that a test started ends with a run that SIGTERM ends', {
  timeout: 60_000,
}, async context => {
  const folder = mkdtempSync(join(tmpdir(), 'podusher-test-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'waits.test.ts');
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }');
  writeFileSync(file, FILE);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const run = spawn(process.execPath, ['--import', LEFT_RUNNING, '--test', file], { env, stdio: 'ignore' });
  const ended = once(run, 'exit');
  context.after(() => run.kill('SIGKILL'));
  const program = await until('the program runs', () => pidIn(folder));
  context.after(() => isAlive(program) && process.kill(program, 'SIGKILL'));
  run.kill('SIGTERM');
  await ended;
  await until('the program has ended', () => !isAlive(program) || undefined);
});

function pidIn(folder: string): number | undefined {
  try {
    return Number(readFileSync(join(folder, 'pid'), 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
