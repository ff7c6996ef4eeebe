import { firstRequest, type HttpStep, judge } from '../../../lib/readiness/http-probe.ts';
import type { ProbeAction } from '../../../lib/readiness/probe.ts';
import type { ProbeResult } from '../../../lib/readiness/probe-result.ts';
import { exchange } from '../outbound/exchange.ts';
import { connectionFailure } from './connection-failure.ts';
import type { ProbeContext } from './context.ts';

/**
 * An httpGet probe: HTTP/1.1, a connection for each request, redirects on the same host followed.
 * One departure: an answer that says 200 and then breaks off is a failure; the kubelet throws such a result away
 * (`DoHTTPProbe` returns an error) and so keeps calling the container what it was.
 */
export async function probeHttp(
  action: Extract<ProbeAction, { type: 'httpGet' }>,
  context: ProbeContext,
): Promise<ProbeResult> {
  let request = firstRequest(action, context.podHost, context.userAgent);
  if (request === undefined) return failure(`${JSON.stringify(action.host)} and its port make no URL`);
  for (let requests = 1; ; requests++) {
    const sent = request;
    let step: HttpStep | undefined;
    const { error } = await exchange(sent, context, head => {
      step = judge(sent, head, requests);
      return step.type === 'result' && step.result.type !== 'failure';
    });
    if (step === undefined) return connectionFailure(error, sent.url.href, action.host);
    if (step.type === 'result') {
      return error === undefined ? step.result : connectionFailure(error, sent.url.href, action.host);
    }
    request = step.request;
  }
}

function failure(reason: string): ProbeResult {
  return { type: 'failure', reason };
}
