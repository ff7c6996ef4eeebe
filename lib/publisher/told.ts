/** An object as a list or a watch tells it, put into the store or taken out of it. */

import * as v from 'valibot';
import type { Parsed } from '../parsed.ts';
import type { Moment } from './known-slices.ts';
import { readObject, text } from './metadata.ts';
import { parseNode } from './node.ts';
import { parsePod } from './pod.ts';
import { parseService } from './service.ts';
import { parseSlice } from './slice.ts';
import { type Key, type Kind, keyOf, type Store } from './store.ts';

/** What came of it. */
export interface Told {
  /** The object's; a node has no namespace. */
  readonly key: Key;
  /** The Services to be reconciled for it. */
  readonly dirty: readonly Key[];
  /** Why it could not be read. */
  readonly problem: string | undefined;
  /** A node that was lost or deleted is ready again: its pods are to be believed after a while (`Store.believe()`). */
  readonly isBack?: boolean;
}

const named = v.object({
  metadata: v.object({ name: text, namespace: v.nullish(text, ''), uid: v.nullish(text) }),
});

/**
 * Takes an object that is there. One that cannot be read is left out, and what was known of it is forgotten, but for a
 * Service: how it was published last is better than not at all.
 *
 * @param asked when the list was begun that holds it; undefined where a watch tells of it.
 * @returns undefined where it is no object of the API: it has no name.
 */
export function takeObject(store: Store, kind: Kind, object: unknown, asked?: Moment): Told | undefined {
  const head = headOf(object);
  if (head === undefined) return undefined;
  const key = keyOf(head.namespace, head.name);
  const put = putOf(store, kind, object, asked);
  if (put.ok) {
    const wasAway = kind === 'nodes' && store.isAway(head.name, head.uid);
    const dirty = put.value();
    return { key, dirty, problem: undefined, isBack: wasAway && !store.isAway(head.name, head.uid) };
  }
  const problem = put.problems.join('; ');
  const { namespace, name } = head;
  const dirty =
    kind === 'services' ? store.blameService(namespace, name, problem) : store.remove(kind, namespace, name);
  return { key, dirty, problem };
}

/** Takes the news that an object is gone. */
export function takeRemoval(store: Store, kind: Kind, object: unknown): Told | undefined {
  const head = headOf(object);
  if (head === undefined) return undefined;
  const dirty = store.remove(kind, head.namespace, head.name, head.uid);
  return { key: keyOf(head.namespace, head.name), dirty, problem: undefined };
}

function headOf(object: unknown): { name: string; namespace: string; uid: string | undefined } | undefined {
  const read = readObject(named, object, 'named object');
  if (!read.ok) return undefined;
  const { name, namespace, uid } = read.value.metadata;
  return { name, namespace, uid: uid ?? undefined };
}

function putOf(store: Store, kind: Kind, object: unknown, asked: Moment | undefined): Parsed<() => Key[]> {
  switch (kind) {
    case 'pods':
      return later(parsePod(object), pod => store.putPod(pod));
    case 'services':
      return later(parseService(object), service => store.putService(service));
    case 'nodes':
      return later(parseNode(object), node => store.putNode(node));
    case 'endpointslices':
      return later(parseSlice(object), slice => store.putSlice(slice, asked));
  }
}

function later<T>(read: Parsed<T>, put: (value: T) => Key[]): Parsed<() => Key[]> {
  return read.ok ? { ok: true, value: () => put(read.value) } : read;
}
