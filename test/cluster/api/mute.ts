/** A program in the API server's place that lets everybody connect, and answers nobody. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { atEnd } from '../at-end.ts';
import { API } from '../machine/place.ts';
import { initOf } from '../machine/space.ts';

const MUTE = `require('node:net').createServer(() => {})
  .listen({ host: '${API.address}', port: ${API.port} }, () => console.log('listening'))`;

const START_MS = 10_000;

export interface Mute {
  /** Resolves when it has ended. */
  end(): Promise<void>;
}

/** Starts it where the API server was, until the test ends; it ends with this process too. */
export async function startMute(context: TestContext): Promise<Mute> {
  const inNetwork = ['nsenter', '--target', String(initOf('control')?.pid), '--net', '--'];
  const command = ['--pdeathsig', 'KILL', ...inNetwork, process.execPath, '--eval', MUTE];
  const child = spawn('setpriv', command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  atEnd(context, end);
  await Promise.race([once(child.stdout, 'data', { signal: AbortSignal.timeout(START_MS) }), ended]);
  if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}`);
  return { end };
}
