import type { InFlight, Sample } from '../../lib/drain/sample.ts';
import type { Container, Settings } from '../../lib/settings/settings.ts';

/** @returns a container with the defaults, changed by `over`. */
export function container(name: string, over: Partial<Container> = {}): Container {
  return {
    name,
    critical: true,
    kind: 'regular',
    sidecarIndex: undefined,
    probe: undefined,
    ports: [3000],
    dependsOn: [],
    stopTimeoutMs: 5000,
    inFlight: { type: 'tcp' },
    drainAction: undefined,
    ...over,
  };
}

/** @returns the default settings of a pod with these containers, changed by `over`. */
export function pod(containers: readonly Container[], over: Partial<Settings> = {}): Settings {
  return {
    self: 'podusher',
    containers,
    complete: true,
    readyDuringDrain: true,
    gracePeriodMs: 30_000,
    drainMinMs: 5000,
    drainSilenceMaxMs: 12_000,
    drainArrivalsMaxMs: 20_000,
    drainKeptMaxMs: 5000,
    drainDoubtMs: 5000,
    drainMaxMs: undefined,
    restartDrainMaxMs: 5000,
    ...over,
  };
}

/** The third outage's pod: rails needs auth. */
export const railsAndAuth: Settings = pod([
  container('rails', { dependsOn: ['auth'] }),
  container('auth', { ports: [4000], stopTimeoutMs: 0 }),
]);

export const NOTHING: InFlight = {
  requests: 0,
  inDoubt: 0,
  connections: 0,
  oldestBegunAt: undefined,
  unknown: undefined,
};

/** @returns a sample with nothing in flight and silence, changed by `over`; `gone` names containers. */
export function sample(over: Partial<Sample> & { gone?: readonly string[] } = {}): Sample {
  const { gone = [], ...rest } = over;
  return {
    arrivals: 'silent',
    lastArrivalAt: undefined,
    inFlight: NOTHING,
    containers: new Map(gone.map(name => [name, { inFlight: NOTHING, gone: true }])),
    ...rest,
  };
}
