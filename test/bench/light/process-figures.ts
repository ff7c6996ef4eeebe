import { readdirSync, readFileSync } from 'node:fs';

/** A process' memory in KiB (`/proc/PID/smaps_rollup`). */
export interface Memory {
  /** All that is resident, shared files included. */
  readonly rss: number;
  /** Shared pages divided by those that share them. */
  readonly pss: number;
  /** What belongs to this process alone, whoever else runs the same Node. */
  readonly anonymous: number;
}

/** @returns the memory of a process, now. */
export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const field = (name: string): number => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1]);
  return { rss: field('Rss'), pss: field('Pss'), anonymous: field('Anonymous') };
}

/** @returns how long all threads of a process have run, in ms: `schedstat` counts it in ns, `stat` in ticks of 10 ms. */
export function cpuMsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map(task => readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8'))
    .reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1e6, 0);
}
