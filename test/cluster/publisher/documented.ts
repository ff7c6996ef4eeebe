/** The commands by which deploy/publisher/README.md moves a Service, run as they stand there. */
import assert from 'node:assert/strict';
import { textOf } from '../../examples/documents.ts';
import { kubectlCommand } from '../kubectl.ts';
import { run } from '../run.ts';

const README = textOf('deploy/publisher/README.md');
const COMMANDS_MS = 120_000;

/** @returns all commands under a heading of that page. */
function commandsUnder(heading: string): string {
  const [, section = ''] = README.split(`\n## ${heading}\n`);
  const blocks = (section.split('\n## ')[0] ?? '').match(/(?<=^```sh\n).*?(?=^```$)/gmsu);
  assert.ok(blocks !== null, `deploy/publisher/README.md has commands under "${heading}"`);
  return blocks.join('');
}

/** Runs them, in a namespace of ours; the Service there is called as on that page, `web`. @returns what they print */
export async function runDocumented(namespace: string, heading: string): Promise<string> {
  return runCommands(namespace, commandsUnder(heading));
}

/** Runs shell commands that call `kubectl`. */
export async function runCommands(namespace: string, commands: string): Promise<string> {
  const kubectl = [...kubectlCommand(), '--namespace', namespace].map(word => `'${word}'`).join(' ');
  const script = `kubectl() { command ${kubectl} "$@"; }\n${commands}`;
  return run(['/bin/bash', '-eu', '-o', 'pipefail', '-c', script], { timeoutMs: COMMANDS_MS });
}
