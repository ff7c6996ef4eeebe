/** A process that is still the same one: its number may have been given away meanwhile, its start time tells. */
import { readFileSync } from 'node:fs';

export interface ProcessId {
  readonly pid: number;
  /** In clock ticks since the machine started: the 22nd field of `/proc/PID/stat` (proc(5)). */
  readonly startTime: number;
}

/** @param stat a line of `/proc/PID/stat`; the second field, the name in brackets, may have spaces. */
export function processIdFrom(stat: string): ProcessId | null {
  const pid = Number.parseInt(stat, 10);
  const startTime = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  return Number.isInteger(pid) && Number.isInteger(startTime) ? { pid, startTime } : null;
}

/** @param stat a line of `/proc/PID/stat`. @returns whether it has ended, and only waits to be asked */
export function isOver(stat: string): boolean {
  return /\) [ZX] /u.test(stat);
}

/** @returns null when there is no such process (any more). */
export function processIdOf(pid: number): ProcessId | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return isOver(stat) ? null : processIdFrom(stat);
  } catch {
    return null;
  }
}

export function isAlive({ pid, startTime }: ProcessId): boolean {
  return processIdOf(pid)?.startTime === startTime;
}
