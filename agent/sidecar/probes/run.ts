import type { Probe } from '../../../lib/readiness/probe.ts';
import type { ProbeResult } from '../../../lib/readiness/probe-result.ts';
import { setDeadline } from '../outbound/deadline.ts';
import type { ProbeContext } from './context.ts';
import { probeHttp } from './http.ts';
import { probeTcp } from './tcp.ts';

/** A probe on its way. */
export interface RunningProbe {
  /** Settles within the probe's timeout (twice that and a standstill, where the agent stood still), and never rejects. */
  readonly result: Promise<ProbeResult>;
  /** Ends it at once; its result is then a failure that means nothing. */
  abort(): void;
}

/**
 * Starts one probe. Its timeout covers everything, from the lookup of a name to the end of the body; when it has
 * ended, however that was, its sockets are closed.
 */
export function startProbe(
  { action, timeoutSeconds }: Pick<Probe, 'action' | 'timeoutSeconds'>,
  world: Omit<ProbeContext, 'signal'>,
): RunningProbe {
  const controller = new AbortController();
  const takeBack = setDeadline(timeoutSeconds * 1000, error => controller.abort(error));
  const result = act(action, { ...world, signal: controller.signal })
    .catch(
      (error: unknown): ProbeResult => ({ type: 'failure', reason: `the probe broke: ${String(error)}` }),
    )
    .finally(takeBack);
  return { result, abort: () => controller.abort() };
}

async function act(action: Probe['action'], context: ProbeContext): Promise<ProbeResult> {
  if (action.type === 'httpGet') return probeHttp(action, context);
  if (action.type === 'tcpSocket') return probeTcp(action, context);
  const { probeGrpc } = await import('./grpc.ts');
  return probeGrpc(action, context);
}
