import { budget } from '../settings/budget.ts';
import type { Settings } from '../settings/settings.ts';

/** What of the settings gives a termination its times. */
type Timing = Pick<Settings, 'gracePeriodMs' | 'drainMinMs' | 'drainMaxMs' | 'containers'>;

/**
 * Fits a termination into its deletion's own grace period, where that is shorter (`kubectl delete --grace-period`):
 * the drain's time is cut first, down to `drain-min`; then `drain-min` and the stop-timeouts are cut alike. So the
 * order holds as far as it gets.
 *
 * @param graceMs the deletion's `deletionGracePeriodSeconds`: the kubelet counts it from the hooks' beginning
 * (`killContainer` in `pkg/kubelet/kuberuntime/kuberuntime_container.go`); undefined where it is not known
 */
export function recut(settings: Timing, graceMs: number | undefined): Timing {
  if (graceMs === undefined || graceMs >= settings.gracePeriodMs) return settings;
  const cut = { ...settings, gracePeriodMs: graceMs };
  const leftMs = budget({ ...cut, drainMaxMs: undefined }).drainMaxMs;
  if (leftMs >= settings.drainMinMs) return cut;
  const neededMs = settings.drainMinMs + graceMs - leftMs;
  const share = (ms: number): number => Math.floor((ms * graceMs) / neededMs);
  return {
    ...cut,
    drainMinMs: share(settings.drainMinMs),
    containers: settings.containers.map(one => ({ ...one, stopTimeoutMs: share(one.stopTimeoutMs) })),
  };
}
