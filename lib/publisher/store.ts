/**
 * What the publisher knows of the cluster, and which Services a change concerns. It never goes back behind the
 * publisher's own writes: a slice told of later by a watch or a list that lags is known to be older (`known-slices.ts`).
 */
import { Away } from './away.ts';
import { KnownSlices, type Listed, type Moment, NEVER_ASKED, type SliceId } from './known-slices.ts';
import { Namespace } from './namespace.ts';
import type { Node } from './node.ts';
import type { Pod } from './pod.ts';
import type { World } from './reconcile.ts';
import type { Service } from './service.ts';
import type { Slice } from './slice.ts';
import { believed, doubted, doubtedStill, type Verdict } from './verdict.ts';

/** `NAMESPACE/NAME`. */
export type Key = string;

export type Kind = 'pods' | 'services' | 'nodes' | 'endpointslices';

/** Each change returns the keys of the Services that have to be reconciled for it. */
export class Store {
  readonly #namespaces = new Map<string, Namespace>();
  readonly #nodes = new Map<string, Node>();
  readonly #away = new Away();
  readonly #slices = new KnownSlices();
  /** Namespaces of which nothing is to be concluded yet. */
  readonly #withheld = new Set<string>();

  /** Until `release()` its Services are as if they were not: of half of a namespace nothing must be concluded. */
  withhold(namespace: string): void {
    this.#withheld.add(namespace);
  }

  /** All of a namespace has been read. @returns its Services. */
  release(namespace: string): Key[] {
    return this.#withheld.delete(namespace) ? [...this.#keys('services', namespace)] : [];
  }

  putPod(pod: Pod): Key[] {
    const all = this.#namespace(pod.namespace);
    const before = all.pods.get(pod.name);
    const verdict = before?.uid === pod.uid ? doubtedStill(before.verdict, pod.verdict) : pod.verdict;
    return keysIn(pod.namespace, all.putPod(verdict === pod.verdict ? pod : { ...pod, verdict }));
  }

  putService(service: Service): Key[] {
    return keysIn(service.namespace, this.#namespace(service.namespace).putService(service));
  }

  /** A Service that cannot be read is as it was, and has a problem. */
  blameService(namespace: string, name: string, problem: string): Key[] {
    return keysIn(namespace, this.#namespaces.get(namespace)?.blame(name, problem) ?? []);
  }

  /** The pods of one that is back are in doubt, each until its kubelet tells of it anew. */
  putNode(node: Node): Key[] {
    const before = this.#nodes.get(node.name);
    const isBack = node.isReady && this.isAway(node.name, node.uid);
    this.#nodes.set(node.name, node);
    if (node.isReady) this.#away.delete(node.name);
    else this.#away.add(node.name);
    const isSame = before?.isReady === node.isReady && before.zone === node.zone;
    if (isBack) this.#judgeOn(node.name, doubted);
    return isSame && !isBack ? [] : this.#onNode(node.name);
  }

  /** Whether a node is lost, or was deleted: by its name, or because one of another uid is known. */
  isAway(nodeName: string, uid: string | undefined): boolean {
    const known = this.#nodes.get(nodeName);
    return this.#away.has(nodeName) || (known !== undefined && uid !== undefined && known.uid !== uid);
  }

  /** The pods on a node that is back are again what was told of them last (`doubted()`). */
  believe(nodeName: string): Key[] {
    return this.#judgeOn(nodeName, believed);
  }

  /** This moment, by which `putSlice()` and `sweep()` are told when something was asked for. */
  get moment(): Moment {
    return this.#slices.now;
  }

  /** @param asked when it was asked for; nobody asks for what a watch tells. */
  putSlice(slice: Slice, asked: Moment = NEVER_ASKED): Key[] {
    const key = keyOf(slice.namespace, slice.name);
    const known = this.#slices.get(key);
    if (!this.#slices.put(key, slice, asked)) return [];
    const moved = known !== undefined && known.service !== slice.service ? this.#leave(known) : [];
    this.#namespace(slice.namespace).entry(slice.service).slices.set(slice.name, slice);
    return isNews(known, slice) ? [...moved, keyOf(slice.namespace, slice.service)] : [];
  }

  /** A slice was deleted by us, or is not there: what a watch tells of it later is old. */
  deletedSlice(slice: SliceId): void {
    const known = this.#slices.deleted(keyOf(slice.namespace, slice.name), slice);
    if (known !== undefined) this.#leave(known);
  }

  /** @param uid where it is told: a slice of the same name may have followed. */
  remove(kind: Kind, namespace: string, name: string, uid?: string): Key[] {
    switch (kind) {
      case 'nodes':
        // It concerns nobody yet: the pods' own end does, or what happens to their Services next (`nodeInformer` has no
        // such handler in `pkg/controller/endpointslice/endpointslice_controller.go`).
        if (this.#nodes.delete(name)) this.#away.add(name);
        return [];
      case 'pods':
        return this.#takeOut(namespace, all => all.removePod(name));
      case 'services':
        return this.#takeOut(namespace, all => all.removeService(name));
      case 'endpointslices': {
        const known = this.#slices.ended(keyOf(namespace, name), uid);
        return known === undefined ? [] : this.#leave(known);
      }
    }
  }

  /**
   * Removes what a list did not hold.
   * @param namespace undefined: all of the cluster.
   * @param seen keys.
   */
  sweep(kind: Kind, namespace: string | undefined, seen: ReadonlySet<Key>, listed: Listed): Key[] {
    const isSlices = kind === 'endpointslices';
    const gone = [...this.#keys(kind, namespace)].filter(
      key => !seen.has(key) && (!isSlices || this.#slices.isGone(key, listed)),
    );
    if (isSlices) this.#slices.passed(namespace, listed);
    return gone.flatMap(key => this.remove(kind, ...splitKey(key)));
  }

  /** A name that is not a slice of the Service's, and yet is taken. Of no use where the Service has gone meanwhile. */
  reserve(key: Key, sliceName: string): void {
    const [namespace, name] = splitKey(key);
    const entry = this.#namespaces.get(namespace)?.entries.get(name);
    if (entry?.service !== undefined) entry.taken.add(sliceName);
  }

  /** @returns what is known of a Service; undefined where there is none of that name, or it is withheld. */
  world(key: Key): World | undefined {
    const [namespace, name] = splitKey(key);
    const all = this.#withheld.has(namespace) ? undefined : this.#namespaces.get(namespace);
    const entry = all?.entries.get(name);
    if (all === undefined || entry?.service === undefined) return undefined;
    const { service, slices, taken } = entry;
    return {
      service,
      pods: all.podsOf(service, entry),
      nodes: this.#nodes,
      slices: [...slices.values()],
      taken,
    };
  }

  /** @returns the keys of all Services that are not withheld. */
  services(): Key[] {
    return [...this.#keys('services', undefined)].filter(key => !this.#withheld.has(splitKey(key)[0]));
  }

  /** How many there are; of those that are withheld none is published or held. */
  get counts(): Readonly<Record<Kind | 'published' | 'held', number>> {
    const counts = { pods: 0, services: 0, nodes: this.#nodes.size, published: 0, held: 0 };
    for (const [name, { pods, entries }] of this.#namespaces) {
      counts.pods += pods.size;
      for (const { service } of entries.values()) {
        if (service !== undefined) counts.services++;
        if (this.#withheld.has(name)) continue;
        if (service?.claim.type === 'selected') counts.published++;
        if (service?.claim.type === 'held') counts.held++;
      }
    }
    return { ...counts, endpointslices: this.#slices.size };
  }

  *#keys(kind: Kind, namespace: string | undefined): Generator<Key> {
    if (kind === 'nodes') return yield* [...this.#nodes.keys()].map(name => keyOf('', name));
    if (kind === 'endpointslices') {
      for (const key of this.#slices.keys())
        if (namespace === undefined || splitKey(key)[0] === namespace) yield key;
      return;
    }
    for (const [name, { pods, entries }] of this.#namespaces) {
      if (namespace !== undefined && name !== namespace) continue;
      if (kind === 'pods') yield* keysIn(name, [...pods.keys()]);
      else
        for (const [service, entry] of entries) if (entry.service !== undefined) yield keyOf(name, service);
    }
  }

  #namespace(name: string): Namespace {
    const known = this.#namespaces.get(name);
    if (known !== undefined) return known;
    const fresh = new Namespace();
    this.#namespaces.set(name, fresh);
    return fresh;
  }

  /** It is its Service's no more. */
  #leave({ namespace, name, service }: Slice): Key[] {
    return this.#takeOut(namespace, all => all.removeSlice(service, name));
  }

  /** A namespace of which nothing is left is forgotten: clusters make and delete hundreds a day. */
  #takeOut(namespace: string, take: (all: Namespace) => readonly string[]): Key[] {
    const all = this.#namespaces.get(namespace);
    if (all === undefined) return [];
    const names = take(all);
    if (all.isEmpty) this.#namespaces.delete(namespace);
    return keysIn(namespace, names);
  }

  #judgeOn(nodeName: string, judge: (verdict: Verdict) => Verdict): Key[] {
    return [...this.#namespaces].flatMap(([name, all]) => keysIn(name, all.judgeOn(nodeName, judge)));
  }

  #onNode(name: string): Key[] {
    return [...this.#namespaces].flatMap(([namespace, all]) => keysIn(namespace, all.onNode(name)));
  }
}

export function keyOf(namespace: string, name: string): Key {
  return `${namespace}/${name}`;
}

/** @returns namespace and name. */
export function splitKey(key: Key): [string, string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}

/** Of others' slices nothing else is kept: what they write into them is no news. */
function isNews(before: Slice | undefined, slice: Slice): boolean {
  if (slice.type === 'ours')
    return (
      before?.type !== 'ours' || before.uid !== slice.uid || before.resourceVersion !== slice.resourceVersion
    );
  return (
    before?.type !== 'foreign' || before.service !== slice.service || before.managedBy !== slice.managedBy
  );
}

function keysIn(namespace: string, names: readonly string[]): Key[] {
  return names.map(name => keyOf(namespace, name));
}
