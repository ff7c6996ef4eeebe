import type { Probe } from '../../../lib/readiness/probe.ts';
import type { ProbeResult } from '../../../lib/readiness/probe-result.ts';
import { spell } from '../../../lib/timeline/words.ts';
import { afterInput } from '../after-input.ts';
import { ProbeTimeout } from '../outbound/problem.ts';
import type { ProbeContext } from './context.ts';
import { probeHttp } from './http.ts';
import { probeTcp } from './tcp.ts';

/** The longest that a timer of Node waits; one that is longer fires at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

/** One for all: without it each `abort()` makes an exception with a stack of its own. */
const IS_OVER = new Error('the probe is over');

/** A probe on its way. */
export interface RunningProbe {
  /** Settles within the probe's timeout, and never rejects. */
  readonly result: Promise<ProbeResult>;
  /** Ends it at once; its result is then a failure that means nothing. */
  abort(): void;
}

/**
 * Starts one probe. Its timeout covers everything, from the lookup of a name to the end of the body; when it has
 * ended, however that was, its sockets are gone.
 */
export function startProbe(
  { action, timeoutSeconds }: Pick<Probe, 'action' | 'timeoutSeconds'>,
  world: Omit<ProbeContext, 'signal'>,
): RunningProbe {
  const controller = new AbortController();
  // An answer that came while the agent stood still is not late.
  const timer = setTimeout(afterInput, Math.min(timeoutSeconds * 1000, MAX_TIMER_MS), () =>
    controller.abort(new ProbeTimeout(`did not answer within ${spell(timeoutSeconds * 1000)}`)),
  );
  const result = act(action, { ...world, signal: controller.signal })
    .catch(
      (error: unknown): ProbeResult => ({ type: 'failure', reason: `the probe broke: ${String(error)}` }),
    )
    .finally(() => {
      clearTimeout(timer);
      controller.abort(IS_OVER);
    });
  return { result, abort: () => controller.abort(IS_OVER) };
}

async function act(action: Probe['action'], context: ProbeContext): Promise<ProbeResult> {
  if (action.type === 'httpGet') return probeHttp(action, context);
  if (action.type === 'tcpSocket') return probeTcp(action, context);
  const { probeGrpc } = await import('./grpc.ts');
  return probeGrpc(action, context);
}
