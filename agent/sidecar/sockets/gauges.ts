import { type GaugeSource, MOST_GAUGE_BYTES, readGauge } from '../../../lib/connections/gauge.ts';
import type { GaugeReading } from '../../../lib/connections/in-flight.ts';
import { messageOf } from '../../../lib/message-of.ts';
import type { Parsed } from '../../../lib/parsed.ts';
import type { Container } from '../../../lib/settings/settings.ts';
import type { Limits } from '../outbound/requester.ts';

/**
 * Makes the request of a gauge. It must end within the time, read no more than that, keep no connection, and report
 * its connection to `Sampler.opened`. Expected failures are values.
 */
export type FetchGauge = (source: GaugeSource, limits: Limits) => Promise<Parsed<string>>;

const EVERY_MS = 100;
/** Reading and parsing takes some 10 ms for each MiB: so the longest answers are asked for each 256 ms. */
const MOST_BYTES_PER_MS = 4096;
const TIMEOUT_MS = 1000;

/** Asks the containers' gauges, at most one request at a time each. */
export interface Gauges {
  /** What each said last, by container. */
  readonly readings: ReadonlyMap<string, GaugeReading>;
  /** Asks those that are due. */
  ask(containers: readonly Container[]): void;
}

interface Asked {
  readonly source: GaugeSource;
  /** When it was asked last. */
  at: number;
  dueAt: number;
  isAsking: boolean;
  busySince: number | undefined;
}

/** @param clock ms since the epoch. */
export function createGauges(fetchGauge: FetchGauge, clock: () => number): Gauges {
  const asked = new Map<string, Asked>();
  const readings = new Map<string, GaugeReading>();

  const ask = async (name: string, gauge: Asked): Promise<void> => {
    gauge.isAsking = true;
    gauge.at = clock();
    gauge.dueAt = gauge.at + pauseAfter(MOST_GAUGE_BYTES);
    const reading = await readOnce(fetchGauge, gauge);
    gauge.isAsking = false;
    // Its source may have been set anew meanwhile.
    if (asked.get(name) === gauge) readings.set(name, reading);
  };

  return {
    readings,
    ask: containers => {
      for (const { name, inFlight: source } of containers) {
        if (source.type === 'tcp' || source.type === 'connections') {
          asked.delete(name);
          readings.delete(name);
          continue;
        }
        const known = asked.get(name);
        const gauge =
          known?.source === source
            ? known
            : { source, at: 0, dueAt: 0, isAsking: false, busySince: undefined };
        if (gauge !== known) {
          asked.set(name, gauge);
          readings.delete(name);
        }
        if (!gauge.isAsking && clock() >= gauge.dueAt) void ask(name, gauge);
      }
    },
  };
}

function pauseAfter(bytes: number): number {
  return Math.max(EVERY_MS, bytes / MOST_BYTES_PER_MS);
}

async function readOnce(fetchGauge: FetchGauge, gauge: Asked): Promise<GaugeReading> {
  try {
    const body = await fetchGauge(gauge.source, { timeoutMs: TIMEOUT_MS, mostBytes: MOST_GAUGE_BYTES });
    // One that fails may have been as long as it can be.
    if (body.ok) gauge.dueAt = gauge.at + pauseAfter(body.value.length);
    const value = body.ok ? readGauge(gauge.source, body.value) : body;
    if (!value.ok) return { type: 'problem', problem: value.problems.join('; ') };
    // As of when it was asked, which is before the answer was made.
    gauge.busySince = value.value > 0 ? (gauge.busySince ?? gauge.at) : undefined;
    return { type: 'value', at: gauge.at, value: value.value, busySince: gauge.busySince };
  } catch (error) {
    return { type: 'problem', problem: messageOf(error) };
  }
}
