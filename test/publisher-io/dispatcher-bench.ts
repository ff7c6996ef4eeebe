/** A dispatcher between a store and an API server's slices. */
import type { TestContext } from 'node:test';
import { createDispatcher, type Dispatcher } from '../../agent/publisher/dispatcher.ts';
import type { Written } from '../../agent/publisher/writer.ts';
import { parseNode } from '../../lib/publisher/node.ts';
import { parsePod } from '../../lib/publisher/pod.ts';
import { parseService } from '../../lib/publisher/service.ts';
import { parseSlice } from '../../lib/publisher/slice.ts';
import { Store } from '../../lib/publisher/store.ts';
import type { Write } from '../../lib/publisher/write.ts';
import { now, until } from '../agent/until.ts';
import { nodeObject, type PodParts, serviceObject } from '../publisher/objects.ts';
import { pod } from '../publisher/published.ts';
import { metadataOf, must, Server } from '../publisher/server.ts';

/** Writes at a time, all of one namespace. */
export const AT_A_TIME = 12;

export const KEY: string = 'shop/web';
export const DOWN: Partial<PodParts> = { containers: [{ name: 'rails', ready: false }] };
export const REFUSED: Written = { outcome: 'refused', reason: 'no', retryAfterMs: undefined };
export const UNANSWERED: Written = { outcome: 'unanswered', reason: 'no answer', retryAfterMs: undefined };

class CountingStore extends Store {
  /** At `web`. */
  looks = 0;

  override world(key: string): ReturnType<Store['world']> {
    if (key === KEY) this.looks++;
    return super.world(key);
  }
}

/** A dispatcher, and an API server's slices. */
export class Bench {
  readonly store: CountingStore = new CountingStore();
  readonly server: Server = new Server();
  readonly writes: Write[] = [];
  readonly outcomes: string[] = [];
  /** Answers in the server's place; undefined: the server does. */
  answer: (write: Write, signal: AbortSignal) => Written | undefined | Promise<Written | undefined> = () =>
    undefined;
  /** What the clock is ahead by. */
  aheadMs = 0;
  /** What `crowd()` has hang. */
  readonly hung: PromiseWithResolvers<Written> = Promise.withResolvers<Written>();
  readonly dispatcher: Dispatcher;

  constructor(context: TestContext) {
    this.dispatcher = createDispatcher({
      store: this.store,
      now: () => now() + this.aheadMs,
      writesPerSecond: 1000,
      write: async (_, write, signal) => {
        this.writes.push(write);
        return (await this.answer(write, signal)) ?? this.#write(write);
      },
      written: (_, __, { outcome }) => void this.outcomes.push(outcome),
      settled: () => {},
      problems: () => {},
    });
    context.after(() => {
      this.hung.resolve(UNANSWERED);
      return this.dispatcher.stop();
    });
  }

  put(index: number, parts: Partial<PodParts> = {}): void {
    this.dispatcher.add(this.store.putPod(must(parsePod(pod(index, parts)))));
  }

  /** Puts another Service with a pod of its own. */
  more(index: number, parts: Partial<PodParts> = {}): void {
    const name = `more-${index}`;
    this.put(1000 + index, { labels: { app: name }, ...parts });
    const object = serviceObject({ uid: name, selector: `app=${name}` });
    const named = { ...object, metadata: { ...metadataOf(object), name } };
    this.dispatcher.add(this.store.putService(must(parseService(named))));
  }

  /** Begins with so many pods, all written. */
  async start(pods: number): Promise<void> {
    this.store.putNode(must(parseNode(nodeObject('node-0', 'zone-0', 'True'))));
    this.store.putService(must(parseService(serviceObject())));
    for (let index = 0; index < pods; index++) this.put(index);
    this.dispatcher.start();
    this.dispatcher.add(this.store.services());
    await this.rest();
    this.writes.splice(0);
  }

  rest(): Promise<true> {
    return until('an end of the work', () => this.dispatcher.waiting === 0 || undefined);
  }

  /** The number at the end of the slices' names, in the order in which they were written. */
  get written(): string[] {
    return this.writes.map(({ name, takesOut }) => `${name.split('-').at(-1)}${takesOut ? ' out' : ''}`);
  }

  #write(write: Write): Written {
    const outcome = this.server.write(write);
    const slice = this.server.slices.get(write.name);
    if (slice !== undefined) this.store.putSlice(must(parseSlice(slice)));
    return { outcome };
  }
}

/** As if the write had kept its place until its deadline. */
export function hang(bench: Bench): Written {
  bench.aheadMs += 3000;
  return UNANSWERED;
}
