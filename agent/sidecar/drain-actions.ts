import { setTimeout as sleep } from 'node:timers/promises';
import type { Container } from '../../lib/settings/settings.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Requester } from './outbound/requester.ts';

/** Of the answer only the status matters. */
const LIMITS = { timeoutMs: 2000, mostBytes: 0 };

/** How often a request is made that fails: an admin port may be busy, but a drain does not wait for it. */
const TRIES = 3;
const PAUSE_MS = 200;

/** @returns a function that makes the requests of `drain-action`, all at once; nothing waits for them. */
export function createActions(parts: {
  readonly request: Requester;
  readonly log: Logger;
  readonly metrics: Metrics;
}): (containers: readonly Container[]) => void {
  const { request, log, metrics } = parts;

  async function act({ name, drainAction }: Container): Promise<void> {
    if (drainAction === undefined) return;
    let problem = '';
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const answer = await request(drainAction, LIMITS);
      if (answer.ok) {
        metrics.count('podusher_drain_actions_total', { container: name, outcome: 'success' });
        return log.info({ container: name }, `${name} drain-action done`);
      }
      problem = answer.problems.join('; ');
      if (attempt < TRIES) await sleep(PAUSE_MS);
    }
    metrics.count('podusher_drain_actions_total', { container: name, outcome: 'failure' });
    log.error({ container: name }, `${name} drain-action failed ${TRIES} times: ${problem}`);
  }

  const failed = (error: unknown): void => log.error({ err: error }, 'A drain-action broke');
  return containers => containers.forEach(container => void act(container).catch(failed));
}
