import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** @returns whether wrk is there. */
export async function hasWrk(): Promise<boolean> {
  // Without arguments it prints its usage and ends with 1; where it is missing, there is no such number.
  return run('wrk').then(
    () => true,
    (error: unknown) => error instanceof Error && 'code' in error && error.code !== 'ENOENT',
  );
}

/** @returns requests per second, by 8 connections for some seconds. */
export async function throughput(port: number, seconds: number): Promise<number> {
  const url = `http://127.0.0.1:${port}/ready`;
  const { stdout } = await run('wrk', ['-t1', '-c8', `-d${seconds}s`, url]);
  const [, perSecond] = /^Requests\/sec: +([\d.]+)$/m.exec(stdout) ?? [];
  if (perSecond === undefined || stdout.includes('Non-2xx')) throw new Error(`wrk says: ${stdout}`);
  return Number(perSecond);
}
