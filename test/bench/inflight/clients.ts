import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { announced, longestAnswer, truth } from './truth.ts';

// Kept connections of five habits, eight of each.

const memory: SharedArrayBuffer = workerData;
const known = truth(memory);
const port = await announced(known);
const CLIENTS = 40;

/** How long each habit waits before its next request. */
const HABITS_MS: readonly (() => number)[] = [
  () => 0,
  () => between(0, 3),
  () => between(0, 20),
  () => (Math.random() < 0.5 ? 0 : between(800, 2300)),
  () => between(1000, 3000),
];

function answerMs(): number {
  const kind = Math.random();
  if (kind < 0.6) return 0;
  return kind < 0.85 ? between(0, 60) : between(500, longestAnswer(known));
}

function between(least: number, most: number): number {
  return least + Math.random() * (most - least);
}

async function client(habit: () => number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (;;) {
    while (longestAnswer(known) === 0) await sleep(100);
    await get(agent, Math.round(answerMs()));
    const pauseMs = habit();
    if (pauseMs > 0) await sleep(pauseMs);
  }
}

function get(agent: Agent, delayMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = request({ agent, host: '127.0.0.1', port, path: `/${delayMs}` }, response => {
      response.resume().on('end', resolve);
    });
    call.on('error', reject).end();
  });
}

await Promise.all(
  Array.from({ length: CLIENTS }, (_, i) => client(HABITS_MS[i % HABITS_MS.length] ?? (() => 0))),
);
