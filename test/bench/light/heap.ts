import { fork } from 'node:child_process';
import { on } from 'node:events';
import { join } from 'node:path';
import { agentArguments, freePort, readImageStart, stop } from './launch.ts';
import { median } from './median.ts';
import type { Pod } from './pod.ts';

const MINUTES = 90;
/** What the agent tells each minute. */
export interface HeapReading {
  readonly objectsBytes: number;
  /** What V8 compiled. It grows until everything is compiled that runs often, which takes it an hour and more. */
  readonly codeBytes: number;
}

/** By how many KiB the heap grows within an hour, once it has settled. */
export interface HeapGrowth {
  readonly objects: number;
  readonly code: number;
}

/** Until then V8 compiles what runs often, and caches fill: the connections of the last minute. */
const SETTLED_AFTER = 30;
/** One reading may fall into the middle of a probe: so the median of several. */
const READINGS = 9;

/** Runs the agent as built for an hour and a half of its own time, which takes 90 s. */
export async function heapGrowth({ annotationsFile }: Pod): Promise<HeapGrowth> {
  const { nodeFlags, environment } = readImageStart();
  const preload = join(import.meta.dirname, 'squeezed-hour.ts');
  const child = fork(
    join(import.meta.dirname, '../../../dist/podusher.cjs'),
    agentArguments(await freePort(), annotationsFile),
    {
      execArgv: [...nodeFlags, '--expose-gc', '--import', preload],
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  const readings: HeapReading[] = [];
  for await (const [reading] of on(child, 'message', { close: ['exit'] })) {
    if (readings.push(asReading(reading)) === MINUTES) break;
  }
  await stop(child);
  if (readings.length < MINUTES) throw new Error('The agent ended within its hour');
  return {
    objects: growthOf(readings.map(({ objectsBytes }) => objectsBytes)),
    code: growthOf(readings.map(({ codeBytes }) => codeBytes)),
  };
}

function growthOf(bytes: readonly number[]): number {
  return (
    (median(bytes.slice(-READINGS)) - median(bytes.slice(SETTLED_AFTER, SETTLED_AFTER + READINGS))) / 1024
  );
}

function asReading(message: unknown): HeapReading {
  if (typeof message !== 'object' || message === null) throw new Error('The agent told no heap');
  const { objectsBytes, codeBytes } = Object.fromEntries(Object.entries(message));
  return { objectsBytes: Number(objectsBytes), codeBytes: Number(codeBytes) };
}
