import type { ContainerSample, InFlight, Sample } from '../drain/sample.ts';
import type { Parsed } from '../parsed.ts';
import type { Container } from '../settings/settings.ts';
import type { Activity } from './activity.ts';
import { add, type Connection, type GaugeReading, inFlightByGauge, inFlightOn, NONE } from './in-flight.ts';
import { countsForPod, isGone, isOutside, listeningPorts, type Scope } from './scope.ts';
import type { Socket } from './socket.ts';

// Puts one moment together. The pod's traffic is what peers outside it have in flight on its critical ports; a
// container's is what anybody has in flight on its own ports, for its end cuts that.

/** What was read at one moment. */
export interface Moment {
  readonly now: number;
  /** All sockets but those in TIME-WAIT; or why they could not be listed. */
  readonly sockets: Parsed<readonly Socket[]>;
  /** The server's ends among them, as watched, by name. */
  readonly activities: ReadonlyMap<string, Activity>;
  /** By container. */
  readonly gauges: ReadonlyMap<string, GaugeReading>;
  readonly arrivals: Pick<Sample, 'arrivals' | 'lastArrivalAt'>;
}

/** @returns the sample that the drain decides by. */
export function makeSample(scope: Scope, moment: Moment): Sample {
  const connections = serverConnections(moment);
  const listening = listeningPorts(moment.sockets.ok ? moment.sockets.value : []);
  const containers = scope.settings.containers.flatMap((container): [string, ContainerSample][] => {
    const sample = sampleContainer(scope, container, moment, { connections, listening });
    return sample === undefined ? [] : [[container.name, sample]];
  });
  return {
    ...moment.arrivals,
    inFlight: inFlightInPod(scope, moment, connections),
    containers: new Map(containers),
  };
}

function serverConnections({ sockets, activities }: Moment): Connection[] {
  if (!sockets.ok) return [];
  return sockets.value.flatMap(socket => {
    const activity = activities.get(socket.name);
    return activity === undefined ? [] : [{ socket, activity }];
  });
}

function inFlightInPod(scope: Scope, moment: Moment, connections: readonly Connection[]): InFlight {
  const critical = scope.settings.containers.filter(container => container.critical);
  const outside = connections.filter(({ socket }) => isOutside(scope, socket.remote.address));
  const byPort = Map.groupBy(outside, ({ socket }) => socket.local.port);
  const counted = [...byPort].filter(([port]) => countsForPod(scope, port));
  return add([
    ...counted.map(([port, some]) =>
      inFlightOn(some, critical.find(({ ports }) => ports.includes(port))?.inFlight.type ?? 'tcp'),
    ),
    ...critical
      .filter(hasGauge)
      .map(({ name }) => inFlightByGauge(name, moment.gauges.get(name), moment.now)),
    unread(moment),
  ]);
}

/** @returns undefined where nothing can tell: no ports and no gauge. */
function sampleContainer(
  scope: Scope,
  container: Container,
  moment: Moment,
  { connections, listening }: { connections: readonly Connection[]; listening: ReadonlySet<number> },
): ContainerSample | undefined {
  if (container.ports.length === 0 && !hasGauge(container)) return undefined;
  const own = connections.filter(({ socket }) => container.ports.includes(socket.local.port));
  const onPorts = inFlightOn(own, container.inFlight.type);
  const gauge = inFlightByGauge(container.name, moment.gauges.get(container.name), moment.now);
  const inFlight = hasGauge(container) ? add([onPorts, gauge]) : add([onPorts, unread(moment)]);
  if (!moment.sockets.ok) return { inFlight, gone: undefined };
  const ends = connections.map(({ socket }) => socket);
  return { inFlight, gone: isGone(scope, container, listening, ends) };
}

function hasGauge({ inFlight }: Container): boolean {
  return inFlight.type === 'prometheus' || inFlight.type === 'json';
}

function unread({ sockets }: Moment): InFlight {
  return sockets.ok ? NONE : { ...NONE, unknown: sockets.problems.join('; ') };
}
