/** A prober in virtual time, whose probes end when and as the test says. */
import { mock, type TestContext } from 'node:test';
import { Network } from '../../agent/sidecar/outbound/network.ts';
import {
  createProber,
  type Probed,
  type Prober,
  type ProberParts,
} from '../../agent/sidecar/probes/prober.ts';
import type { RunningProbe } from '../../agent/sidecar/probes/run.ts';
import type { Probe } from '../../lib/readiness/probe.ts';
import type { ProbeResult } from '../../lib/readiness/probe-result.ts';
import { probe as parse } from './target.ts';

export const SUCCESS: ProbeResult = { type: 'success', reason: 'fine' };
export const FAILURE: ProbeResult = { type: 'failure', reason: 'bad' };

export const probe = (over: Partial<Probe> = {}): Probe => ({
  ...parse('tcp://:1'),
  periodSeconds: 1,
  ...over,
});
export const probed = (name: string, over?: Partial<Probe>): Probed => ({
  name,
  probe: probe(over),
  ports: [1],
});
export const unprobed = (name: string, ...ports: number[]): Probed => ({ name, probe: undefined, ports });

/** A probe that was started. */
interface Started {
  readonly at: number;
  readonly probe: Probe;
  readonly end: (result: ProbeResult) => void;
  aborted: boolean;
}

export interface Stage {
  readonly prober: Prober;
  /** `100 rails: pending > ready`, for each verdict that changed. */
  readonly log: readonly string[];
  readonly started: readonly Started[];
  readonly startTimes: () => readonly number[];
  /** Lets time pass. */
  readonly pass: (ms: number) => Promise<void>;
  /** Ends the probe that was started last. */
  readonly end: (result: ProbeResult) => Promise<void>;
}

/** A prober in virtual time, whose probes end when and as the test says. */
export function stage(context: TestContext, containers: readonly Probed[], startedAt = 0): Stage {
  mock.timers.enable({ apis: ['setTimeout'] });
  let now = startedAt;
  const log: string[] = [];
  const started: Started[] = [];
  const start = (tried: Probe): RunningProbe => {
    const { promise, resolve } = Promise.withResolvers<ProbeResult>();
    const run = { at: now, probe: tried, end: resolve, aborted: false };
    started.push(run);
    return {
      result: promise,
      abort: () => {
        run.aborted = true;
        resolve(FAILURE);
      },
    };
  };
  const parts: ProberParts = {
    containers,
    now: () => now,
    podHost: '127.0.0.1',
    userAgent: 'test',
    network: new Network(),
    start,
    changed: (name, verdict, previous) => log.push(`${now} ${name}: ${previous.type} > ${verdict.type}`),
  };
  const prober = createProber(parts);
  context.after(() => {
    prober.close();
    mock.timers.reset();
  });
  return {
    prober,
    log,
    started,
    startTimes: () => started.map(({ at }) => at),
    pass: async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 100) {
        now += 100;
        mock.timers.tick(100);
        await settled();
      }
    },
    end: async (result: ProbeResult): Promise<void> => {
      started.at(-1)?.end(result);
      await settled();
    },
  };
}

/** A result walks to its verdict in a few microtasks. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}
