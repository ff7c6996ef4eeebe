/** What is known of one namespace: its pods, and its Services with their pods and slices. */

import type { Pod } from './pod.ts';
import { isNews } from './pod-change.ts';
import { selectPods } from './selection.ts';
import { SelectorIndex, selectorText } from './selector-index.ts';
import type { Claim, Service } from './service.ts';
import type { Slice } from './slice.ts';
import type { Verdict } from './verdict.ts';

/** What is kept under a Service's name, whether or not there is one: slices may be told of before it. */
export interface Entry {
  service: Service | undefined;
  readonly slices: Map<string, Slice>;
  /** The pods that it selects, by name. */
  readonly members: Map<string, Pod>;
  /** Names of slices that something else has. */
  readonly taken: Set<string>;
}

/** Each change returns the names of the Services that have to be reconciled for it. */
export class Namespace {
  readonly pods: Map<string, Pod> = new Map();
  readonly entries: Map<string, Entry> = new Map();
  readonly #index = new SelectorIndex();
  /** Services that cannot be followed: whose pods are those in their slices. */
  readonly #held = new Set<string>();

  get isEmpty(): boolean {
    return this.pods.size === 0 && this.entries.size === 0;
  }

  entry(name: string): Entry {
    const known = this.entries.get(name);
    if (known !== undefined) return known;
    const fresh = { service: undefined, slices: new Map(), members: new Map(), taken: new Set<string>() };
    this.entries.set(name, fresh);
    return fresh;
  }

  putPod(pod: Pod): string[] {
    const before = this.pods.get(pod.name);
    const left = before === undefined ? [] : this.#index.select(before.labels);
    for (const name of left) this.entry(name).members.delete(pod.name);
    this.pods.set(pod.name, pod);
    const joined = this.#index.select(pod.labels);
    for (const name of joined) this.entry(name).members.set(pod.name, pod);
    const isFresh = before === undefined && (pod.addresses.length > 0 || pod.problems.length > 0);
    const isOther = before !== undefined && isNews(before, pod);
    return isFresh || isOther ? [...new Set([...left, ...joined, ...this.#held])] : [];
  }

  removePod(name: string): string[] {
    const pod = this.pods.get(name);
    if (pod === undefined) return [];
    this.pods.delete(name);
    const left = this.#index.select(pod.labels);
    for (const service of left) this.entry(service).members.delete(name);
    return [...left, ...this.#held];
  }

  putService(service: Service): string[] {
    const entry = this.entry(service.name);
    const before = textOf(entry.service?.claim);
    entry.service = service;
    if (textOf(service.claim) !== before) this.#select(service.name, service.claim, entry.members);
    return [service.name];
  }

  /** It was told of, and cannot be read: it is published as it was, and says so. */
  blame(name: string, problem: string): string[] {
    const entry = this.entries.get(name);
    if (entry?.service === undefined) return [];
    const message = `It is published as it was before, for it cannot be read: ${problem}`;
    entry.service = { ...entry.service, problems: [message] };
    return [name];
  }

  removeService(name: string): string[] {
    const entry = this.entries.get(name);
    if (entry?.service === undefined) return [];
    this.#select(name, undefined, entry.members);
    entry.service = undefined;
    entry.taken.clear();
    this.#drop(name);
    return [name];
  }

  removeSlice(service: string, name: string): string[] {
    this.entries.get(service)?.slices.delete(name);
    this.#drop(service);
    return [service];
  }

  /** @returns the Services with a pod on the node. */
  onNode(nodeName: string): string[] {
    const found = new Set(this.#held);
    for (const pod of this.pods.values()) {
      if (pod.nodeName === nodeName) for (const name of this.#index.select(pod.labels)) found.add(name);
    }
    return [...found];
  }

  /** Judges the pods on a node anew. @returns the Services with one whose verdict is another. */
  judgeOn(nodeName: string, judge: (verdict: Verdict) => Verdict): string[] {
    const found = new Set<string>();
    for (const pod of this.pods.values()) {
      const verdict = judge(pod.verdict);
      if (pod.nodeName !== nodeName || verdict === pod.verdict) continue;
      for (const name of this.putPod({ ...pod, verdict })) found.add(name);
    }
    return [...found];
  }

  /** @returns the pods that the Service publishes (`selectPods()`). */
  podsOf(service: Service, { members, slices }: Entry): Iterable<Pod> {
    return service.claim.type === 'held'
      ? selectPods(service, this.pods.values(), [...slices.values()])
      : members.values();
  }

  /** Forgets what nothing is known of. */
  #drop(name: string): void {
    const entry = this.entries.get(name);
    if (entry?.service === undefined && entry?.slices.size === 0) this.entries.delete(name);
  }

  #select(name: string, claim: Claim | undefined, members: Map<string, Pod>): void {
    members.clear();
    this.#index.remove(name);
    this.#held.delete(name);
    if (claim?.type === 'held') this.#held.add(name);
    if (claim?.type !== 'selected') return;
    this.#index.put(name, claim.selector);
    const service = this.entries.get(name)?.service;
    if (service === undefined) return;
    for (const pod of selectPods(service, this.pods.values(), [])) members.set(pod.name, pod);
  }
}

function textOf(claim: Claim | undefined): string | undefined {
  return claim?.type === 'selected' ? `selected ${selectorText(claim.selector)}` : claim?.type;
}
