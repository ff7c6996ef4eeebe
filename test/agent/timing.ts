/** How late the agent was. What the machine took meanwhile is not its lateness: see `../stalls.ts`. */
import assert from 'node:assert/strict';
import type { Clients } from './clients.ts';
import type { Answer } from './http.ts';
import type { Agent, Hook } from './launch.ts';

/** How late `/drain` may be answered, once nothing holds it. */
export const LATE_MS = 250;

/** The agent's clock counts whole ms. */
const EARLY_MS = 1;

/** What stood still before it was due may be late afterwards: what is to be read must be read first. */
const BEFORE_MS = 500;

/**
 * Asserts that something came when it was due, or a little later.
 * @param lateMs how much later, on a machine that lets the agent run at once.
 */
export function assertOnTime(agent: Agent, at: number, dueAt: number, lateMs: number = LATE_MS): void {
  const tookMs = agent.stalls.between(dueAt - BEFORE_MS, at);
  const sinceMs = at - dueAt;
  assert.ok(
    sinceMs >= -EARLY_MS && sinceMs <= lateMs + tookMs,
    `It came ${sinceMs} ms after it was due; up to ${lateMs} are allowed, and the machine took ${tookMs}`,
  );
}

/** Asserts that a hook was answered when it had been held for that long. @returns its answer. */
export async function assertHeld(
  agent: Agent,
  { calledAt, answer }: Pick<Hook, 'calledAt' | 'answer'>,
  heldMs: number,
  lateMs: number = LATE_MS,
): Promise<Answer> {
  const answered = await answer;
  assert.equal(answered.status, 200);
  assertOnTime(agent, answered.at, calledAt + heldMs, lateMs);
  return answered;
}

/** Asserts that an answer came at once. */
export function assertPrompt(agent: Agent, { at, tookMs }: Answer, lateMs = 500): void {
  assertOnTime(agent, at, at - tookMs, lateMs);
}

/**
 * Asserts that the answer came after the last arrival, within that time of it.
 * @param silenceMs where a client was as late as this, the machine stood still, and the agent was right to hear silence.
 */
export function assertAfterLast(
  agent: Agent,
  at: number,
  { lastAt = Number.NaN, latestMs }: Clients,
  withinMs: number,
  silenceMs: number,
): void {
  if (at < lastAt && latestMs >= silenceMs) return;
  assertOnTime(agent, at, lastAt, withinMs);
}
