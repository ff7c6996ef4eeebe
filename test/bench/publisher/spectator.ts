/** Who watches pods and slices, and sees how long after a pod's change its endpoint changes. */
import type { Client } from '../../cluster/bare/client.ts';
import { type Json, metadataOf } from '../../publisher/server.ts';
import { type BenchPod, OURS, THEIRS } from './world.ts';

export type Who = typeof OURS | typeof THEIRS;

const PODS = '/api/v1/namespaces/bench/pods';
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/bench/endpointslices';

/** The built-in controller writes 20 slices a second, and some watches are begun anew. */
const LONGEST_MS = 300_000;

interface Awaited {
  readonly isReady: boolean;
  /** When the pod was seen to change. */
  at: number | undefined;
  readonly done: () => void;
}

export class Spectator {
  /** Slices written so far. */
  readonly writes: Record<Who, number> = { our: 0, their: 0 };
  /** When a slice was seen to be written last, by `performance.now()`. */
  readonly lastWriteAt: Record<Who, number> = { our: 0, their: 0 };
  /** From a pod's change to its endpoint's, in ms. */
  latenciesMs: Record<Who, number[]> = { our: [], their: [] };
  readonly #ready: Record<Who, Map<string, Set<string>>> = { our: new Map(), their: new Map() };
  readonly #waiting: Record<Who, Map<string, Awaited>> = { our: new Map(), their: new Map() };
  readonly #close: (() => void)[] = [];

  static async watch(client: Client): Promise<Spectator> {
    const spectator = new Spectator();
    const slices = await client.listAndWatch(SLICES, (type, slice) => spectator.#takeSlice(type, slice));
    const pods = await client.listAndWatch(PODS, (_, pod) => spectator.#takePod(pod));
    spectator.#close.push(slices.close, pods.close);
    return spectator;
  }

  close(): void {
    for (const close of this.#close) close();
  }

  /** How many endpoints are ready in all slices. */
  readyOf(who: Who): number {
    return [...this.#ready[who].values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Forgets what was seen so far. */
  reset(): void {
    this.latenciesMs = { our: [], their: [] };
    Object.assign(this.writes, { our: 0, their: 0 });
  }

  /** Resolves when the endpoints of the pod are as said. To be called before the pod changes. */
  async sees({ name }: BenchPod, isReady: boolean): Promise<void> {
    await Promise.all(
      ([OURS, THEIRS] as const).map(who => {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        const late = setTimeout(() => reject(new Error(`${name} is not seen: ${who}`)), LONGEST_MS);
        const done = (): void => {
          clearTimeout(late);
          resolve();
        };
        this.#waiting[who].set(name, { isReady, at: undefined, done });
        return promise;
      }),
    );
  }

  #takePod(pod: Json): void {
    const { name } = metadataOf(pod);
    for (const who of [OURS, THEIRS] as const) {
      const awaited = this.#waiting[who].get(name);
      if (awaited !== undefined) awaited.at ??= performance.now();
    }
  }

  #takeSlice(type: string, slice: Json): void {
    const now = performance.now();
    const { name, labels } = metadataOf(slice);
    const who: Who = labels['kubernetes.io/service-name']?.startsWith(OURS) === true ? OURS : THEIRS;
    this.writes[who]++;
    this.lastWriteAt[who] = now;
    const endpoints: readonly Json[] = Array.isArray(slice['endpoints']) ? slice['endpoints'] : [];
    const ready = new Set<string>();
    for (const { targetRef, conditions } of type === 'DELETED' ? [] : endpoints) {
      const pod = String(Object(targetRef).name);
      const isReady = Object(conditions).ready === true;
      if (isReady) ready.add(pod);
      const awaited = this.#waiting[who].get(pod);
      if (awaited?.isReady !== isReady) continue;
      this.#waiting[who].delete(pod);
      // The slice may be seen first: two watches.
      this.latenciesMs[who].push(awaited.at === undefined ? 0 : now - awaited.at);
      awaited.done();
    }
    this.#ready[who].set(name, ready);
  }
}

/** @returns the value below which so many hundredths are. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}
