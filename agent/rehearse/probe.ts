import { get } from 'node:http';
import { connect } from 'node:net';
import { type KubeletProbe, POD_ADDRESS } from '../../lib/kubelet/pod.ts';
import { runToEnd } from './exec.ts';
import type { Stage } from './surroundings.ts';

export interface ProbeOutcome {
  readonly ok: boolean;
  readonly reason: string;
}

export async function runProbe(
  probe: KubeletProbe,
  stage: Stage,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const { action } = probe;
  const within = AbortSignal.any([signal, AbortSignal.timeout(probe.timeoutSeconds * 1000)]);
  if (action.type === 'exec') return await runToEnd(stage.here(action.command), stage, within);
  const { promise, resolve } = Promise.withResolvers<ProbeOutcome>();
  if (action.type === 'httpGet') {
    const request = get(
      {
        host: action.host ?? POD_ADDRESS,
        port: action.port,
        path: action.path,
        agent: false,
        signal: within,
      },
      response => {
        const status = response.statusCode ?? 0;
        response.resume();
        resolve({ ok: status >= 200 && status < 400, reason: `HTTP ${status}` });
      },
    );
    request.on('error', error => resolve({ ok: false, reason: error.message }));
  } else {
    const socket = connect({ host: POD_ADDRESS, port: action.port, signal: within }, () => {
      socket.destroy();
      resolve({ ok: true, reason: '' });
    });
    socket.on('error', error => resolve({ ok: false, reason: error.message }));
  }
  return await promise;
}
