/** A request before kube-proxy may know of the Service. */
import type { Outcome } from '../../../agent/rehearse/load/outcome.ts';
import { sendRequest } from '../../../agent/rehearse/load/request.ts';
import type { LoadPlan } from './plan.ts';

/** Below those that the system gives out (`ip_local_port_range`). */
let nextPort = 10_000;

/**
 * Sends one request, from a port that no other request comes from. The node tracks it as a connection to the Service's
 * address itself, for two minutes if nobody answers: whoever takes the same port by then is sent to nobody too.
 */
export function tryOnce({ host, port, path }: LoadPlan): Promise<Outcome> {
  return sendRequest({ host, port, path, localPort: nextPort++ }, false);
}
