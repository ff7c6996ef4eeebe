import type { ProbeResult } from '../../../lib/readiness/probe-result.ts';
import { codeOf } from '../../error-code.ts';
import { connectionProblem } from '../outbound/problem.ts';

/**
 * @param host the probe's own; undefined where it asks the pod.
 * @returns the failure of a probe whose connection ended with that error.
 */
export function connectionFailure(error: unknown, target: string, host: string | undefined): ProbeResult {
  const isRefused = host === undefined && codeOf(error) === 'ECONNREFUSED';
  return { type: 'failure', reason: connectionProblem(error, target), ...(isRefused && { isRefused }) };
}
