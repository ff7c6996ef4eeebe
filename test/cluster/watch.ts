/** What the API said about an object, from one moment to another. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { kubectlCommand } from './kubectl.ts';

export interface Watch {
  /** May be called again. @returns every state of it since the watch began, oldest first; the caller knows its shape */
  stop(): Promise<readonly unknown[]>;
}

/** Begins to watch; returns when the first state has come. */
export async function watch(namespace: string, ...what: readonly string[]): Promise<Watch> {
  const [file = '', ...args] = kubectlCommand();
  const command = [...args, '--namespace', namespace, 'get', ...what, '--watch', '--output', 'json'];
  const child = spawn(file, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  return {
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill();
        await once(child, 'close');
      }
      // One document after the other, each closed by a brace at the beginning of a line; the last may be cut.
      const whole = text.match(/^\{\n.*?^\}$/gmsu) ?? [];
      return whole.map((one): unknown => JSON.parse(one));
    },
  };
}
