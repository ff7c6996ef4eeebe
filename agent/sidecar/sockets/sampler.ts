import type { Sample } from '../../../lib/drain/sample.ts';
import type { Parsed } from '../../../lib/parsed.ts';
import type { Settings } from '../../../lib/settings/settings.ts';
import { afterInput } from '../after-input.ts';
import { ArrivalsWatch } from './arrivals-watch.ts';
import { WATCH_EVERY_MS } from './connection-watch.ts';
import { DrainLook, type SampleFacts } from './drain-look.ts';
import type { FetchGauge } from './gauges.ts';
import { OwnConnections, type SocketEnds } from './own-connections.ts';
import { Pace } from './pace.ts';
import { passiveOpensReader } from './proc.ts';
import { openSocketReader, type SocketReader } from './reader.ts';

/** With very many connections: looking may take this part of the time. */
const MOST_OF_TIME = 0.1;
const READ_EVERY_MS = 1000;

/** What the sampler works with. */
export interface SamplerOptions {
  readonly settings: Settings;
  /** Where the agent's own server listens. */
  readonly agentPort: number;
  /** Ms since the epoch, never going back. */
  readonly clock: () => number;
  readonly onSample: (sample: Sample, facts: SampleFacts) => void;
  readonly fetchGauge: FetchGauge;
  /** The pod is on the node's own network. */
  readonly hostNetwork?: boolean;
  /** Where given, only these peers are outside the pod (a rehearsal shares the host's loopback with its load). */
  readonly outsideAddresses?: readonly string[] | undefined;
  readonly openReader?: () => Promise<SocketReader>;
  readonly readCounter?: () => Parsed<number>;
}

/** Reads the kernel's counter each second, and in a drain the sockets and gauges. */
export interface Sampler {
  /** The agent's own server has accepted a connection; to be told for each. */
  accepted(): void;
  /** The agent has opened a connection, as a probe or for a gauge; to be told for each once it is connected. */
  opened(socket: SocketEnds): void;
  /** A drain begins: samples come until `end`. The first one takes some 20 ms, for koffi is loaded only now. */
  begin(): void;
  end(): void;
  reconfigure(settings: Settings): void;
  /** Stops all timers for good. */
  close(): void;
}

/**
 * CPU time, not time on the clock: a look that is interrupted for 50 ms, by the machine or by a CPU limit, is no longer
 * look, and a pause of ten times as long would hold up the drain.
 */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Starts to watch. Its timers keep no process alive. */
export function createSampler(options: SamplerOptions): Sampler {
  const { clock, onSample, openReader = openSocketReader, readCounter = passiveOpensReader() } = options;
  const own = new OwnConnections();
  const arrivals = new ArrivalsWatch(readCounter, clock(), cpuMs);
  const look = new DrainLook(options, own, arrivals);
  let reader: Promise<SocketReader> | undefined;
  /** Changes with each begin and end, so that what was started before ends. */
  let drain: symbol | undefined;

  const sampleFor = async (current: symbol): Promise<void> => {
    if (drain !== current) return;
    reader ??= openReader();
    const opened = await reader;
    const pace = new Pace();
    const repeat = (): void => {
      if (drain !== current) return;
      const now = clock();
      const spentMs = cpuMs();
      const isSample = pace.takes(now, () => arrivals.hasNews());
      if (isSample) onSample(...look.sample(now, opened));
      else look.lookUp(now, opened);
      const tookMs = cpuMs() - spentMs - (isSample ? arrivals.tookMs : 0);
      const dueAt = look.isWatching ? Math.min(now + WATCH_EVERY_MS, pace.nextAt) : pace.nextAt;
      const pauseMs = Math.max(dueAt - clock(), tookMs / MOST_OF_TIME);
      setTimeout(afterInput, pauseMs, repeat).unref();
    };
    repeat();
  };

  arrivals.read(clock());
  const readings = setInterval(() => arrivals.read(clock()), READ_EVERY_MS).unref();
  return {
    accepted: () => arrivals.accepted(),
    opened: socket => {
      const connection = own.add(socket, clock());
      // Before a drain nothing is counted yet, and the scope need not be made for each probe.
      if (connection !== undefined && drain !== undefined) arrivals.opened(connection, look.scope());
    },
    begin: () => {
      if (drain !== undefined) return;
      const current = Symbol('drain');
      drain = current;
      look.begin();
      // The first look is the longest, and the other hooks of a termination have come in by now.
      afterInput(() => void sampleFor(current));
    },
    end: () => {
      drain = undefined;
    },
    reconfigure: settings => look.reconfigure(settings),
    close: () => {
      drain = undefined;
      clearInterval(readings);
      void reader?.then(opened => opened.close());
    },
  };
}
