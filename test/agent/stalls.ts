/**
 * What a busy machine takes from a test: time in which a process would have run and could not. A bound on how late
 * something may be is a bound on the product, so what the machine took meanwhile is measured and added to it.
 */
import { readFileSync } from 'node:fs';
import { now } from './until.ts';

const LOOK_EVERY_MS = 20;
/** What a timer is late on an idle machine. */
const TIMER_MS = 2;
/** `USER_HZ`, in which /proc/stat counts. */
const TICK_MS = 10;

/** What the machine takes from this process, and from another one. */
export interface Stalls {
  /**
   * @param from and `to`: ms since the epoch.
   * @returns for how many ms, at most, one of them could not run between these.
   */
  between(from: number, to: number): number;
  close(): void;
}

/** All that the machine has taken by then, in ms. */
interface Look {
  readonly at: number;
  readonly takenMs: number;
}

interface Watched {
  readonly pid: number | undefined;
  readonly looks: Look[];
  waitedMs: number;
}

const watched = new Set<Watched>();
let timer: NodeJS.Timeout | undefined;
let lookedAt = 0;
/** How late this process's timer was altogether: the process did not run, or was busy with other tests. */
let lateMs = 0;

/** Watches this process and, where its id is given, the main thread of another one; from now until `close`. */
export function watchStalls(pid?: number): Stalls {
  const one: Watched = { pid, looks: [], waitedMs: 0 };
  watched.add(one);
  timer ??= setInterval(look, LOOK_EVERY_MS).unref();
  look();
  return {
    between: (from, to) => {
      look();
      const before = one.looks.findLast(({ at }) => at <= from) ?? one.looks[0];
      const after = one.looks.find(({ at }) => at >= to) ?? one.looks.at(-1);
      return Math.max(0, (after?.takenMs ?? 0) - (before?.takenMs ?? 0));
    },
    close: () => {
      watched.delete(one);
      if (watched.size > 0) return;
      clearInterval(timer);
      timer = undefined;
      lookedAt = 0;
    },
  };
}

function look(): void {
  const at = now();
  if (lookedAt > 0) lateMs += Math.max(0, at - lookedAt - LOOK_EVERY_MS - TIMER_MS);
  lookedAt = at;
  const stolenMs = readStolenMs();
  for (const one of watched) {
    if (one.pid !== undefined) one.waitedMs = readWaitedMs(one.pid) ?? one.waitedMs;
    one.looks.push({ at, takenMs: lateMs + stolenMs + one.waitedMs });
  }
}

/** @returns what the hypervisor has taken from this machine's processors: `steal` in the first line of /proc/stat. */
function readStolenMs(): number {
  const steal = /^cpu +(?:\d+ ){7}(\d+)/.exec(readFileSync('/proc/stat', 'latin1'))?.[1];
  return Number(steal ?? 0) * TICK_MS;
}

/**
 * @returns how long a process's main thread could have run and stood in a queue: the second number of
 *   /proc/PID/schedstat, in ns (Linux' `Documentation/scheduler/sched-stats.rst`). Undefined when the process is gone.
 */
function readWaitedMs(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[1]) / 1e6;
  } catch {
    return undefined;
  }
}
