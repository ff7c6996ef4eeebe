import { afterPod, afterRemoval, type Deletion } from '../../lib/kubernetes/deletion.ts';
import { type ApiPod, parsePod } from '../../lib/kubernetes/pod.ts';
import { quoted } from '../../lib/quoted.ts';
import type { ApiClient } from './client.ts';
import { follow } from './follow.ts';
import type { Timing } from './following.ts';
import type { Link } from './link.ts';

/** The pod as the API last told it. */
export interface KnownPod {
  readonly pod: ApiPod;
  readonly deletion: Deletion | undefined;
}

export interface PodWatchParts {
  readonly client: ApiClient;
  readonly name: string;
  readonly namespace: string;
  readonly link: Link;
  readonly changed: (known: KnownPod) => void;
  readonly timing?: Timing | undefined;
}

/**
 * Watches the one pod. The API server keeps watches on a name apart, so that only that pod's changes are dispatched
 * to it (`staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go`).
 *
 * @returns a function that ends it
 */
export function watchPod({ client, name, namespace, link, changed, timing }: PodWatchParts): () => void {
  let known: KnownPod | undefined;

  /** Another pod of that name is not ours: a StatefulSet's next one has the name of this one, which still runs. */
  function take(object: unknown, isRemoved: boolean): string | undefined {
    const read = parsePod(object);
    if (!read.ok) return read.problems.join('; ');
    const pod = read.value;
    if (pod.name !== name || pod.namespace !== namespace) {
      return `Pod ${quoted(`${pod.namespace}/${pod.name}`)} was told of, where "${namespace}/${name}" was asked for`;
    }
    if (known !== undefined && pod.uid !== known.pod.uid) return undefined;
    const before = known?.deletion;
    known = { pod, deletion: isRemoved ? afterRemoval(before, pod) : afterPod(before, pod) };
    changed(known);
    return undefined;
  }

  return follow({
    client,
    timing,
    path: `/api/v1/namespaces/${namespace}/pods`,
    query: { fieldSelector: `metadata.name=${name}` },
    mostPages: 1,
    reading() {
      let isThere = false;
      return {
        take(object): string | undefined {
          isThere = true;
          return take(object, false);
        },
        // It may be gone, or never was; nobody can tell which, so that is no proof of a termination.
        end: () => (isThere ? undefined : `No pod "${name}" in namespace "${namespace}"`),
      };
    },
    changed: (type, object) => take(object, type === 'DELETED'),
    heard: link.heard,
    watching: link.watching,
    lost: link.lost,
  });
}
