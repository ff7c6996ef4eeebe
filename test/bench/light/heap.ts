import { fork } from 'node:child_process';
import { on } from 'node:events';
import { join } from 'node:path';
import { agentArguments, freePort, readImageStart, stop } from './launch.ts';
import { median } from './median.ts';
import type { Pod } from './pod.ts';

const MINUTES = 60;
/** Until then caches fill: the connections of the last minute, the code that is compiled lazily. */
const SETTLED_AFTER = 10;
/** One reading may fall into the middle of a probe: so the median of several. */
const READINGS = 9;

/**
 * Runs the agent as built for an hour of its own time, which takes a minute, with four probes a second.
 * @returns by how many KiB its heap is larger after an hour than after ten minutes
 */
export async function heapGrowth({ annotationsFile }: Pod): Promise<number> {
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
  const heap: number[] = [];
  for await (const [bytes] of on(child, 'message', { close: ['exit'] })) {
    if (heap.push(Number(bytes) / 1024) === MINUTES) break;
  }
  await stop(child);
  if (heap.length < MINUTES) throw new Error('The agent ended within its hour');
  return median(heap.slice(-READINGS)) - median(heap.slice(SETTLED_AFTER, SETTLED_AFTER + READINGS));
}
