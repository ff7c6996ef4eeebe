/** An API server's EndpointSlices: what is written is checked as it would check it, and kept. */
import assert from 'node:assert/strict';
import { type Parsed, parsed, unparsed } from '../../lib/parsed.ts';
import { type Node, parseNode } from '../../lib/publisher/node.ts';
import { jsonPatchOf, type Operation } from '../../lib/publisher/patch.ts';
import { type Pod, parsePod } from '../../lib/publisher/pod.ts';
import { type Plan, reconcile, type World } from '../../lib/publisher/reconcile.ts';
import { selectPods } from '../../lib/publisher/selection.ts';
import { parseService, type Service } from '../../lib/publisher/service.ts';
import { parseSlice, type Slice } from '../../lib/publisher/slice.ts';
import type { Write } from '../../lib/publisher/write.ts';
import { Cluster, type Told } from './cluster.ts';

/** As JSON, for that is what is sent. */
export type Json = Record<string, unknown>;

export function must<T>(read: Parsed<T>): T {
  assert.ok(read.ok, JSON.stringify(read));
  return read.value;
}

/** `metadata` of an object. */
export function metadataOf(
  object: unknown,
): { readonly name: string; readonly labels: Record<string, string> } & Json {
  return Object(Object(object).metadata);
}

/** What a publisher sees, and the slices that it writes. */
export class Server {
  service: Service | undefined;
  readonly pods: Map<string, Pod> = new Map();
  readonly nodes: Map<string, Node> = new Map();
  readonly slices: Map<string, Json> = new Map();
  readonly taken: Set<string> = new Set();
  #version = 1;

  putPod(object: object): void {
    const pod = must(parsePod(object));
    this.pods.set(pod.name, pod);
  }

  putNode(object: object): void {
    const node = must(parseNode(object));
    this.nodes.set(node.name, node);
  }

  putService(object: object): void {
    this.service = must(parseService(object));
  }

  parsedSlices(): Slice[] {
    return [...this.slices.values()].map(slice => must(parseSlice(slice)));
  }

  /** What an API server tells of a history. */
  take({ pods, nodes, services, removedPods, removedNodes }: Told): void {
    for (const pod of pods) this.putPod(pod);
    for (const node of nodes) this.putNode(node);
    for (const service of services) this.putService(service);
    for (const name of removedPods) this.pods.delete(name);
    for (const name of removedNodes) this.nodes.delete(name);
  }

  world(): World {
    assert.ok(this.service);
    const slices = this.parsedSlices();
    const pods = selectPods(this.service, this.pods.values(), slices);
    return { service: this.service, pods, nodes: this.nodes, slices, taken: this.taken };
  }

  plan(): Plan {
    return reconcile(this.world());
  }

  /** Writes what is planned. */
  reconcile(): Plan {
    const plan = this.plan();
    for (const write of plan.writes)
      assert.equal(this.write(write), 'done', JSON.stringify(write).slice(0, 400));
    return plan;
  }

  write({ type, name, body }: Write): 'done' | 'conflict' {
    const before = this.slices.get(name);
    if (type === 'create') {
      const sent = asSent(body);
      if (before !== undefined) return 'conflict';
      this.#put(name, { ...sent, metadata: { ...metadataOf(sent), uid: `${name}-${this.#version}` } });
      return 'done';
    }
    const condition = type === 'delete' ? body.preconditions : body.metadata;
    if (metadataOf(before)['resourceVersion'] !== condition.resourceVersion) return 'conflict';
    if (type === 'delete') this.slices.delete(name);
    else this.#put(name, must(patched(before, asSent(jsonPatchOf(body)))));
    return 'done';
  }

  #put(name: string, slice: Json): void {
    const metadata = { ...metadataOf(slice), resourceVersion: String(this.#version++) };
    this.slices.set(name, { ...slice, metadata });
  }
}

/** @returns a cluster, and a server that has published what it is at first. */
export function startPublished(): { readonly cluster: Cluster; readonly server: Server } {
  const cluster = new Cluster(true);
  const server = new Server();
  server.take(cluster.first());
  server.reconcile();
  return { cluster, server };
}

function asSent<T>(body: T): T {
  return JSON.parse(JSON.stringify(body));
}

/** RFC 6902, as far as it is used. @returns the object; a problem where an operation does not apply to it. */
export function patched(target: unknown, operations: readonly Operation[]): Parsed<Json> {
  const object: Json = structuredClone(Object(target));
  for (const operation of operations) {
    const [last = '', ...folders] = operation.path
      .slice(1)
      .split('/')
      .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
      .toReversed();
    const folder = folders.reduceRight((found, part) => Object(found)[part], object);
    const isThere = Object.hasOwn(Object(folder), last);
    if (folder === undefined || (operation.op !== 'add' && !isThere)) return unparsed(`No ${operation.path}`);
    if (operation.op === 'remove') delete folder[last];
    else folder[last] = operation.value;
  }
  return parsed(object);
}
