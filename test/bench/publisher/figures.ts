/** What is measured of `podusher publisher` on a bare control plane, and beside the built-in controller there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from '../../cluster/bare/control-plane.ts';
import { placeOf } from '../../cluster/bare/place.ts';
import { until } from '../../cluster/wait.ts';
import { Publisher } from '../../publisher-io/publisher.ts';
import { readImageStart } from '../light/launch.ts';
import { cpuMsOf, memoryOf } from '../light/process-figures.ts';
import type { Spectator, Who } from './spectator.ts';
import { type BenchPod, each, OURS, type World } from './world.ts';

const PROGRAM = join(import.meta.dirname, '../../../dist/podusher.cjs');
const LONGEST_MS = 600_000;
/** Nothing is written for so long: all that was to be done is. */
const SILENT_MS = 2000;
/** Collections, and what is compiled late. */
const SETTLE_MS = 5000;

/**
 * In a container of 512 MiB, which the Deployment gives it, Node has V8 keep its heap below 259 MiB, new objects in 3 of
 * them; on the whole machine it would have no reason to collect. (`process.constrainedMemory()`, `heap_size_limit`.)
 */
const AS_IN_512_MIB = ['--max-old-space-size=256', '--max-semi-space-size=1'];

/** Starts the publisher as the Deployment does. */
export function launch(plane: ControlPlane, flags: readonly string[]): Promise<Publisher> {
  const { nodeFlags, environment } = readImageStart();
  const place = placeOf(plane);
  const like = { ...place, environment: { ...place.environment, ...environment } };
  return Publisher.launch(like, 'bench', flags, [...nodeFlags, ...AS_IN_512_MIB, PROGRAM]);
}

export interface Started {
  readonly publisher: Publisher;
  /** From its start until its first write is seen, and until all is published. */
  readonly firstWriteMs: number;
  readonly publishedMs: number;
}

/** Starts a publisher that has something to publish. @param pods how many endpoints there are in the end. */
export async function startPublisher(
  plane: ControlPlane,
  spectator: Spectator,
  pods: number,
  flags: readonly string[],
): Promise<Started> {
  const from = performance.now();
  const publisher = await launch(plane, flags);
  await until('a first write', () => spectator.lastWriteAt.our > from, {
    timeoutMs: LONGEST_MS,
    everyMs: 10,
  });
  const firstWriteMs = spectator.lastWriteAt.our - from;
  await until('all is published', () => spectator.readyOf(OURS) === pods, { timeoutMs: LONGEST_MS });
  return { publisher, firstWriteMs, publishedMs: spectator.lastWriteAt.our - from };
}

/** @returns what is resident of a process when it has come to rest, and the most that ever was, in MiB. */
export async function memoryMiB(pid: number): Promise<{ readonly now: number; readonly most: number }> {
  await sleep(SETTLE_MS);
  const most = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return { now: memoryOf(pid).rss / 1024, most: most / 1024 };
}

/** Waits until neither writes any more. */
export async function silence(spectator: Spectator): Promise<void> {
  const isSilent = (): boolean =>
    performance.now() - Math.max(spectator.lastWriteAt.our, spectator.lastWriteAt.their) > SILENT_MS;
  await until('an end of the writes', isSilent, { timeoutMs: LONGEST_MS });
}

/** @returns how long it took both from each pod's change to the slice's, one pod after the other. */
export async function oneAtATime(
  world: World,
  spectator: Spectator,
  pods: readonly BenchPod[],
): Promise<Record<Who, number[]>> {
  spectator.reset();
  for (const pod of pods) {
    for (const isReady of [false, true]) {
      const seen = spectator.sees(pod, isReady);
      await world.setReady(pod, isReady);
      await seen;
    }
  }
  return spectator.latenciesMs;
}

/** The same for all pods at once: they change as fast as the API server takes it. */
export async function allAtOnce(
  world: World,
  spectator: Spectator,
  pods: readonly BenchPod[],
  isReady: boolean,
): Promise<Record<Who, number[]>> {
  spectator.reset();
  const seen = pods.map(pod => spectator.sees(pod, isReady));
  await each(pods, pod => world.setReady(pod, isReady));
  await Promise.all(seen);
  await silence(spectator);
  return spectator.latenciesMs;
}

/** @returns how much CPU each of two processes takes for a piece of work, in ms. */
export async function cpuMs(
  pids: readonly [number, number],
  work: () => Promise<void>,
): Promise<[number, number]> {
  const before = pids.map(cpuMsOf);
  await work();
  const [ours = 0, theirs = 0] = pids.map((pid, index) => cpuMsOf(pid) - (before[index] ?? 0));
  return [ours, theirs];
}
