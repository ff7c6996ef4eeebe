/** Room on the machine for one more load, so that what clients lose is the pods' doing and not the processors'. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** A name of Linux's own, not a file's: it is free again when its process ends, however that ends. */
const TURN = '\0podusher-test-load';

/** Three Rails under 60 requests a second take that share of two processors in a slow hour of theirs. */
const IDLE_SHARE = 0.5;
const LOOK_MS = 3_000;

/** What a load's pods take to start: then the next one's look sees it. */
const BEGUN_MS = 15_000;

/** A test has 15 minutes in all. After these it begins all the same. */
const LONGEST_MS = 240_000;

/** Resolves when half of the processors' time is idle; of those that wait, in whatever process, one begins at a time. */
export async function room(): Promise<void> {
  const giveUpAt = performance.now() + LONGEST_MS;
  const turn = createServer().unref();
  while (!(await hasTaken(turn)) && performance.now() < giveUpAt) await sleep(500);
  while ((await idleShare()) < IDLE_SHARE && performance.now() < giveUpAt);
  setTimeout(() => turn.close(), BEGUN_MS).unref();
}

async function hasTaken(turn: Server): Promise<boolean> {
  try {
    await once(turn.listen(TURN), 'listening');
    return true;
  } catch (error) {
    // Where there are no such names, nobody takes turns.
    return Object(error).code !== 'EADDRINUSE';
  }
}

async function idleShare(): Promise<number> {
  const before = cpuTimes();
  await sleep(LOOK_MS);
  const after = cpuTimes();
  return (after.idle - before.idle) / (after.all - before.all);
}

function cpuTimes(): { readonly idle: number; readonly all: number } {
  const times = cpus().map(cpu => cpu.times);
  // What is nice gives way.
  const idle = sum(times.map(one => one.idle + one.nice));
  return { idle, all: sum(times.flatMap(one => Object.values(one))) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
