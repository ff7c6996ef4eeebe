import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Hook, POD_ADDRESS } from '../../lib/kubelet/pod.ts';
import { firstRequest } from '../../lib/readiness/http-probe.ts';
import { runToEnd } from './exec.ts';
import type { Stage } from './stage.ts';

export interface HookResult {
  readonly outcome: 'answered' | 'failed';
  readonly reason: string;
}

/**
 * Runs a preStop hook as the kubelet does (`pkg/kubelet/lifecycle/handlers.go`): an httpGet has no timeout of its
 * own, and any status is a success. The kubelet's rules say how long it is waited for.
 *
 * @returns how it ended; when `signal` aborts, it is dropped.
 */
export async function runHook(hook: Hook, stage: Stage, signal: AbortSignal): Promise<HookResult> {
  if (hook.type === 'httpGet') return await get(hook, signal);
  if (hook.type === 'exec') {
    const { ok, reason } = await runToEnd(stage.here(hook.command), stage, signal);
    return { outcome: ok ? 'answered' : 'failed', reason };
  }
  await sleep(hook.durationMs, undefined, { signal }).catch(() => undefined);
  return { outcome: 'answered', reason: 'it slept' };
}

/** Sends what a probe would (`NewRequestForHTTPGetAction`, `pkg/probe/http/request.go`): a path may lack its slash. */
async function get(hook: Extract<Hook, { type: 'httpGet' }>, signal: AbortSignal): Promise<HookResult> {
  const asked = firstRequest(hook, POD_ADDRESS, 'kube-lifecycle/podusher-rehearse');
  if (asked === undefined) return { outcome: 'failed', reason: 'its host, port and path make no URL' };
  const request = hook.scheme === 'HTTPS' ? httpsRequest : httpRequest;
  const { promise, resolve } = Promise.withResolvers<HookResult>();
  const headers = [['Host', asked.host], ...asked.headers].flat();
  const options = { headers, agent: false as const, rejectUnauthorized: false, signal };
  const sent = request(asked.url, options, response => {
    // The kubelet looks at the answer's head only.
    resolve({ outcome: 'answered', reason: `HTTP ${response.statusCode}` });
    response.on('error', () => undefined);
    response.destroy();
  });
  sent.on('error', error => resolve({ outcome: 'failed', reason: error.message }));
  sent.end();
  return promise;
}
