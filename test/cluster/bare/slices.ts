/** All slices of a control plane as a watch tells them, and how often they were written. */
import { type Json, metadataOf } from '../../publisher/server.ts';
import type { Client } from './client.ts';

const PATH = '/apis/discovery.k8s.io/v1/endpointslices';
const SERVICE = 'kubernetes.io/service-name';
const MANAGER = 'endpointslice.kubernetes.io/managed-by';

export class Slices {
  readonly #all = new Map<string, Json>();
  /** Writes by Service, a creation and a deletion among them. */
  readonly #writes = new Map<string, number>();
  onChange: ((slice: Json) => void) | undefined;
  #close: () => void = () => {};

  static async watch(client: Client): Promise<Slices> {
    const slices = new Slices();
    const { items, close } = await client.listAndWatch(PATH, (type, object) => slices.#take(type, object));
    for (const item of items) slices.#all.set(keyOf(item), item);
    slices.#close = close;
    return slices;
  }

  /** @returns the slices of a Service, without what tells whose they are. */
  of(namespace: string, service: string): Json[] {
    return [...this.#all.values()].flatMap(slice => {
      const { [SERVICE]: name, [MANAGER]: _, ...labels } = metadataOf(slice).labels;
      const isIts = name === service && metadataOf(slice)['namespace'] === namespace;
      return isIts ? [{ ...slice, metadata: { ...metadataOf(slice), labels } }] : [];
    });
  }

  /** How often slices of Services of that name were written. */
  writesOf(service: string): number {
    return this.#writes.get(service) ?? 0;
  }

  close(): void {
    this.#close();
  }

  #take(type: string, object: Json): void {
    const service = metadataOf(object).labels[SERVICE] ?? '';
    this.#writes.set(service, this.writesOf(service) + 1);
    if (type === 'DELETED') this.#all.delete(keyOf(object));
    else this.#all.set(keyOf(object), object);
    this.onChange?.(object);
  }
}

function keyOf(slice: Json): string {
  const { namespace, name } = metadataOf(slice);
  return `${String(namespace)}/${name}`;
}
