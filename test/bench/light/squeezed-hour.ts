/**
 * Loaded into the agent before itself: its time runs 60 times as fast, and each minute of it tells the heap, after
 * what nobody needs was collected. Needs --expose-gc and a parent to tell it to.
 */
import { getHeapSpaceStatistics } from 'node:v8';
import type { HeapReading } from './heap.ts';

/** V8 keeps machine code, and what belongs to it, in spaces of their own. */
const CODE_SPACES = new Set([
  'code_space',
  'code_large_object_space',
  'trusted_space',
  'trusted_large_object_space',
]);

function readHeap(): HeapReading {
  const spaces = getHeapSpaceStatistics();
  const codeBytes = spaces
    .filter(({ space_name }) => CODE_SPACES.has(space_name))
    .reduce((sum, { space_used_size }) => sum + space_used_size, 0);
  const bytes = spaces.reduce((sum, { space_used_size }) => sum + space_used_size, 0);
  return { objectsBytes: bytes - codeBytes, codeBytes };
}

const FACTOR = 60;
const MINUTE_MS = 60_000;

const real = { setTimeout, setInterval, now: performance.now.bind(performance) };
const origin = real.now();

/** @returns the same function of timers, whose waits are shorter. */
function squeezed(timer: typeof real.setInterval): unknown {
  return (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
    timer(callback, ms / FACTOR, ...args);
}

const now = (): number => origin + (real.now() - origin) * FACTOR;
Object.assign(globalThis, { setTimeout: squeezed(real.setTimeout), setInterval: squeezed(real.setInterval) });
Object.defineProperty(performance, 'now', { value: now });
Date.now = () => Math.floor(performance.timeOrigin + now());

real
  .setInterval(() => {
    globalThis.gc?.();
    process.send?.(readHeap());
  }, MINUTE_MS / FACTOR)
  .unref();
