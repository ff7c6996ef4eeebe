/** Prints what a call of `process.nextTick` takes after garbage was collected, in ns; kept fast where it is told so. */
import { setTimeout as sleep } from 'node:timers/promises';
import { keepNextTickFast } from '../../agent/sidecar/next-tick.ts';

const CALLS = 100_000;

if (process.argv[2] === 'kept') keepNextTickFast();
await burst(200);
for (let i = 0; i < 4; i++) {
  globalThis.gc?.();
  await sleep(10);
}
const took: number[] = [];
for (let i = 0; i < 6; i++) took.push(await burst(CALLS));
console.log(Math.min(...took));

/** @returns ns of CPU that each of so many calls took. */
function burst(calls: number): Promise<number> {
  return new Promise(resolve => {
    const from = process.cpuUsage();
    let left = calls;
    const next = (): void => {
      if (--left > 0) return process.nextTick(next);
      const { user, system } = process.cpuUsage(from);
      resolve(((user + system) * 1000) / calls);
    };
    process.nextTick(next);
  });
}
