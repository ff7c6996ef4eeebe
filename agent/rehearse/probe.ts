import { type ExecAction, type KubeletProbe, POD_ADDRESS } from '../../lib/kubelet/pod.ts';
import type { ProbeAction } from '../../lib/readiness/probe.ts';
import { Network } from '../sidecar/outbound/network.ts';
import { startProbe } from '../sidecar/probes/run.ts';
import { type ExecResult, runToEnd } from './exec.ts';
import type { Stage } from './stage.ts';

const WORLD = { network: new Network(), podHost: POD_ADDRESS, userAgent: 'kube-probe/podusher-rehearse' };

/**
 * Runs a probe as the kubelet does, within its timeout; when `signal` aborts, it is dropped. An answer that breaks off is a
 * failure here; there it changes nothing (ARCHITECTURE.md, K13).
 */
export async function runProbe(probe: KubeletProbe, stage: Stage, signal: AbortSignal): Promise<ExecResult> {
  const { action, timeoutSeconds } = probe;
  if (isExec(action)) {
    const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]);
    return await runToEnd(stage.here(action.command), stage, within);
  }
  const running = startProbe({ action, timeoutSeconds }, WORLD);
  const abort = (): void => running.abort();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const { type, reason } = await running.result;
  signal.removeEventListener('abort', abort);
  return { ok: type !== 'failure', reason };
}

function isExec(action: ProbeAction | ExecAction): action is ExecAction {
  return action.type === 'exec';
}
