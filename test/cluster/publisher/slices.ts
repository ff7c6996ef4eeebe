/** What the EndpointSlices of a Service say, and said, as whoever watches them hears it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import * as v from 'valibot';
import { atEnd } from '../at-end.ts';
import { get, kubectlCommand } from '../kubectl.ts';

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions: {
    readonly ready: boolean;
    readonly serving: boolean;
    readonly terminating: boolean;
  };
  readonly targetRef: { readonly name: string };
}

export interface Slice {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly addressType: string;
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly unknown[];
}

/** What the API leaves out means ready. */
const conditions = v.object({
  ready: v.optional(v.boolean(), true),
  serving: v.optional(v.boolean(), true),
  terminating: v.optional(v.boolean(), false),
});
const endpoint = v.looseObject({
  addresses: v.array(v.string()),
  conditions: v.optional(conditions, {}),
  targetRef: v.looseObject({ name: v.string() }),
});
const metadata = v.looseObject({
  name: v.string(),
  resourceVersion: v.string(),
  labels: v.record(v.string(), v.string()),
});
const slice: v.GenericSchema<unknown, Slice> = v.pipe(
  v.looseObject({
    metadata,
    addressType: v.string(),
    endpoints: v.nullish(v.array(endpoint)),
    ports: v.nullish(v.array(v.unknown())),
  }),
  v.transform(one => ({ ...one, endpoints: one.endpoints ?? [], ports: one.ports ?? [] })),
);
const change = v.object({ type: v.string(), object: slice });

/** The names of the pods that are ready, sorted. */
export type Ready = readonly string[];

/** What was so from then on. */
export interface Seen {
  /** Ms since the epoch, when this process heard of it. */
  readonly at: number;
  readonly ready: Ready;
}

export interface SliceWatch {
  /** From the first on; the last is what is so now. */
  readonly seen: readonly Seen[];
  readonly ready: Ready;
}

function selectorOf(service: string): string {
  return `--selector=kubernetes.io/service-name=${service}`;
}

/** @returns all slices of a Service, whoever manages them. */
export async function slicesOf(namespace: string, service: string): Promise<readonly Slice[]> {
  const list = await get(namespace, 'endpointslices', selectorOf(service));
  return v.parse(v.object({ items: v.array(slice) }), list).items;
}

/** @returns the names of the ready pods in these slices, sorted. */
export function readyIn(slices: Iterable<Slice>): Ready {
  const names = [...slices].flatMap(({ endpoints }) =>
    endpoints.flatMap(one => (one.conditions.ready ? [one.targetRef.name] : [])),
  );
  return [...new Set(names)].toSorted((a, b) => a.localeCompare(b));
}

/** Watches the slices of a Service until the test ends, by a watch of its own. */
export function watchSlices(context: TestContext, namespace: string, service: string): SliceWatch {
  const [file = '', ...args] = kubectlCommand();
  const what = ['get', 'endpointslices', selectorOf(service), '--watch', '--output-watch-events'];
  const child = spawn(file, [...args, '--namespace', namespace, ...what, '--output', 'json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const slices = new Map<string, Slice>();
  const seen: Seen[] = [{ at: Date.now(), ready: [] }];
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) take(v.parse(change, JSON.parse(line)));
  });
  atEnd(context, async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'close');
  });

  function take({ type, object }: v.InferOutput<typeof change>): void {
    const { name } = object.metadata;
    if (type === 'DELETED') slices.delete(name);
    else slices.set(name, object);
    const ready = readyIn(slices.values());
    if (seen.at(-1)?.ready.join() !== ready.join()) seen.push({ at: Date.now(), ready });
  }

  return {
    seen,
    get ready(): Ready {
      return seen.at(-1)?.ready ?? [];
    },
  };
}

/** @returns what was ready at some time since then, beginning with what was ready then. */
export function since({ seen }: SliceWatch, at: number): readonly Seen[] {
  const first = seen.findLastIndex(one => one.at <= at);
  return seen.slice(Math.max(0, first));
}
