/** The program's own command line: which command, and what is told about them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { helpText } from '../agent/rehearse/options.ts';
import { VERSION } from '../agent/version.ts';
import { agentHelp, publisherHelp } from '../lib/settings/help.ts';

const MAIN = join(import.meta.dirname, '../agent/main.ts');

interface Told {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function podusher(...args: readonly string[]): Told {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

test('podusher tells its commands when asked for help', () => {
  const { status, stdout, stderr } = podusher('help');
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(stdout, /podusher agent .*podusher rehearse /su);
  for (const word of ['--help', '-h']) assert.equal(podusher(word).stdout, stdout);
});

test('podusher tells of one command when help is asked for it, before it or after', () => {
  for (const [command, help] of [
    ['agent', agentHelp()],
    ['publisher', publisherHelp()],
    ['rehearse', helpText()],
  ] as const) {
    for (const args of [
      ['help', command],
      [command, '--help'],
    ]) {
      assert.deepEqual(podusher(...args), { status: 0, stdout: help, stderr: '' }, args.join(' '));
    }
  }
});

test('podusher asks for a folder where it is one', () => {
  assert.match(agentHelp(), /--service-account FOLDER\n.*\n +Accepted: the path of a folder\./u);
});

test('podusher tells its version when asked', () => {
  assert.deepEqual(podusher('--version'), { status: 0, stdout: `podusher ${VERSION}\n`, stderr: '' });
});

test('podusher exits with 2 and tells its commands when there is none, or one it does not have', () => {
  for (const [args, problem] of [
    [[], /^No command given\n/u],
    [['rehears'], /^Unknown command "rehears" \(did you mean "rehearse"\?\)\n/u],
    [['help', 'agnet'], /^Unknown command "agnet" \(did you mean "agent"\?\)\n/u],
    [['"\n'], /^Unknown command "\\"\\n"\n/u],
  ] as const) {
    const { status, stdout, stderr } = podusher(...args);
    assert.deepEqual([status, stdout], [2, ''], args.join(' '));
    assert.match(stderr, problem);
    assert.match(stderr, /\n {2}podusher agent /u);
  }
});
