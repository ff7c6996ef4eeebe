import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Launched, launchAgent, launchReference } from './launch.ts';
import { median } from './median.ts';
import type { Pod } from './pod.ts';
import { cpuMsOf, type Memory, memoryOf } from './process-figures.ts';
import { throughput } from './throughput.ts';
import { keepConnections } from './traffic.ts';

/** The figures of one server. */
export interface ServerFigures {
  readonly startMs: number;
  readonly memory: Memory;
  /** Undefined without wrk. */
  readonly requestsPerSecond: number | undefined;
}

/** What one round measures: both servers at the same time, each thing of the one right after that of the other. */
export interface Round {
  readonly agent: ServerFigures;
  readonly reference: ServerFigures;
  /** In ms a second, as all CPU: of the agent, and of a bare server that asks the same containers as often. */
  readonly cpuProbing: { readonly agent: number; readonly reference: number };
  readonly cpuDraining: number;
  /** KiB of the agent after some seconds of a drain: koffi is loaded then. */
  readonly drainingRss: number;
}

/** V8 collects what the start left behind after 8 s without much to do. */
const SETTLE_MS = 12_000;
const DRAIN_SETTLE_MS = 5000;
const CPU_MS = 8000;
/** In turn, for the machine's own speed changes by the second; the first of each is to warm up. */
const WRK_TURNS = 6;
const WRK_SECONDS = 1;
const CONNECTIONS = 100;

/** Starts both anew, measures, and ends them. */
export async function measureRound(pod: Pod, withWrk: boolean): Promise<Round> {
  const reference = await launchReference();
  const agent = await launchAgent(pod.annotationsFile);
  const bareProber = await launchReference(pod.ports);
  try {
    await sleep(SETTLE_MS);
    const memory = [agent, reference].map(({ pid }) => memoryOf(pid));
    const [ofAgent = Number.NaN, ofReference = Number.NaN] = await Promise.all(
      [agent, bareProber].map(cpuPerSecond),
    );
    await bareProber.stop();
    const rates = withWrk ? await ratesOf([agent, reference]) : [];
    const cpuDraining = await drain(agent, pod);
    const drainingRss = memoryOf(agent.pid).rss;
    const figures = (server: Launched, index: number): ServerFigures => ({
      startMs: server.startMs,
      memory: memory[index] ?? { rss: Number.NaN, pss: Number.NaN, anonymous: Number.NaN },
      requestsPerSecond: rates[index],
    });
    return {
      agent: figures(agent, 0),
      reference: figures(reference, 1),
      cpuProbing: { agent: ofAgent, reference: ofReference },
      cpuDraining,
      drainingRss,
    };
  } finally {
    await Promise.all([agent, reference, bareProber].map(server => server.stop()));
  }
}

/** @returns the median of each server's requests per second. */
async function ratesOf(servers: readonly Launched[]): Promise<number[]> {
  const rates: number[][] = servers.map(() => []);
  for (let turn = 0; turn < WRK_TURNS; turn++) {
    for (const [index, { port }] of servers.entries()) {
      const rate = await throughput(port, WRK_SECONDS);
      if (turn > 0) rates[index]?.push(rate);
    }
  }
  return rates.map(median);
}

/** The pod terminates: all hooks come at once, and wait until the agent is killed. */
async function drain(agent: Launched, { ports }: Pod): Promise<number> {
  const end = await keepConnections(ports, CONNECTIONS);
  for (const container of ['podusher', ...ports.map((_, index) => `app-${index}`)]) {
    const path = `/drain?container=${container}`;
    get({ host: '127.0.0.1', port: agent.port, path, agent: false }).on('error', () => {});
  }
  await sleep(DRAIN_SETTLE_MS);
  const cpu = await cpuPerSecond(agent);
  end();
  return cpu;
}

async function cpuPerSecond({ pid }: Launched): Promise<number> {
  const from = { at: performance.now(), cpu: cpuMsOf(pid) };
  await sleep(CPU_MS);
  return ((cpuMsOf(pid) - from.cpu) * 1000) / (performance.now() - from.at);
}
