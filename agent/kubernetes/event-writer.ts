import { setTimeout as sleep } from 'node:timers/promises';
import { backOffMs } from '../../lib/kubernetes/back-off.ts';
import { type Bucket, draw, fullBucket } from '../../lib/kubernetes/bucket.ts';
import { type EventContent, type EventPod, eventOf } from '../../lib/kubernetes/event.ts';
import type { ApiClient, Failure, Limits } from './client.ts';

// Invariant: nothing waits for an Event. They are written one after the other; what does not fit is dropped, counted.

/** Writes Events on the pod, or on what it is told about. */
export interface EventWriter {
  tell(told: EventContent, about?: EventPod): void;
  /** Whether what is told now is written, and not dropped. */
  readonly hasRoom: boolean;
  readonly waiting: number;
  /** Ends when all are written, or when the time is over. */
  close(withinMs: number): Promise<void>;
}

/** What became of an Event. */
export type Outcome = 'written' | 'refused' | 'dropped';

export interface EventWriterParts {
  readonly client: ApiClient;
  /** Undefined as long as the pod is not known: Events on it wait, and all that come after them. */
  readonly pod: () => EventPod | undefined;
  readonly now: () => number;
  /** Who tells: the name of its own pod, which is also that of its host. */
  readonly instance: string;
  readonly counted: (outcome: Outcome) => void;
  /** Why an Event was given up, each time. */
  readonly refused: (reason: string) => void;
  readonly limits?: Limits;
  readonly waitMs?: typeof backOffMs;
}

interface Waiting {
  readonly told: EventContent;
  readonly about: EventPod | undefined;
}

const LIMITS: Limits = { headMs: 5000, quietMs: 2000, wholeMs: 5000 };
const MOST_ANSWER_BYTES = 64 * 1024;
const MOST_WAITING = 64;

/** A termination of ten containers has about as many; a pod that goes in circles must not fill the cluster's store. */
const BURST = 50;
const ONE_MORE_MS = 10_000;
const TRIES = 3;
/** How often to look whether the pod is known by now. */
const LOOK_MS = 500;

/** The Event is there: an earlier try has written it, though its answer was lost. */
const CONFLICT = 409;

/** @returns a writer that writes nothing before it is told something. */
export function createEventWriter(parts: EventWriterParts): EventWriter {
  const { client, pod, now, instance, counted, refused, limits = LIMITS, waitMs = backOffMs } = parts;
  const controller = new AbortController();
  const queue: Waiting[] = [];
  let bucket: Bucket = fullBucket(BURST, ONE_MORE_MS, now());
  let count = 0;
  let writing: Promise<void> | undefined;

  async function write({ told, about }: Waiting): Promise<void> {
    const { signal } = controller;
    for (let target = about ?? pod(); ; target = pod()) {
      if (signal.aborted) return counted('dropped');
      if (target !== undefined) return post(target, eventOf(told, target, (count += 1), instance));
      await pause(LOOK_MS);
    }
  }

  async function post({ namespace }: EventPod, body: object): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/events`;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await client.ask({ path, body, signal: controller.signal }, limits, MOST_ANSWER_BYTES);
      if (answer.ok || answer.failure.code === CONFLICT) return counted('written');
      if (controller.signal.aborted) return counted('dropped');
      if (attempt === TRIES || !isPassing(answer.failure)) {
        refused(answer.failure.reason);
        return counted('refused');
      }
      await pause(waitMs(attempt, Math.random(), answer.failure.retryAfterMs));
    }
  }

  function pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: controller.signal }).catch(() => {});
  }

  async function writeAll(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await write(next);
    writing = undefined;
  }

  /** @returns the bucket without one more; undefined where there is no room for it. */
  function drawn(): Bucket | undefined {
    return queue.length >= MOST_WAITING || controller.signal.aborted ? undefined : draw(bucket, now());
  }

  return {
    tell(told, about): void {
      const left = drawn();
      if (left === undefined) return counted('dropped');
      bucket = left;
      queue.push({ told, about });
      writing ??= writeAll();
    },
    get hasRoom(): boolean {
      return drawn() !== undefined;
    },
    get waiting(): number {
      return queue.length + (writing === undefined ? 0 : 1);
    },
    async close(withinMs): Promise<void> {
      const timer = setTimeout(() => controller.abort(), withinMs);
      await writing;
      clearTimeout(timer);
      controller.abort();
    },
  };
}

/** Whether a further try may do better: no answer, too many requests, or the server's own fault. */
function isPassing({ code }: Failure): boolean {
  return code === undefined || code === 429 || code >= 500;
}
