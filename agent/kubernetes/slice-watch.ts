import {
  afterSlice,
  beforeAll,
  isWithdrawn,
  NO_SLICES,
  type PodIdentity,
  parseSlice,
  type Slices,
} from '../../lib/kubernetes/slices.ts';
import type { ApiClient } from './client.ts';
import { follow } from './follow.ts';
import type { Timing } from './following.ts';
import type { Link } from './link.ts';

/** Of ten slices each; a namespace of 5000 Services is the most that Kubernetes is made for. */
const MOST_PAGES = 500;

export interface SliceWatchParts {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly pod: PodIdentity;
  readonly link: Link;
  /** Called after each change, and once all were read. */
  readonly changed: (slices: Slices, withdrawn: boolean) => void;
  readonly timing?: Timing | undefined;
}

/**
 * Watches the namespace's EndpointSlices, which no selector can restrict to a pod's; so it is on in drains only,
 * for each change of a Service goes to everybody who watches.
 *
 * @returns a function that ends it
 */
export function watchSlices({ client, namespace, pod, link, changed, timing }: SliceWatchParts): () => void {
  let slices: Slices = NO_SLICES;

  function become(next: Slices): void {
    if (next === slices) return;
    slices = next;
    changed(slices, isWithdrawn(slices));
  }

  return follow({
    client,
    timing,
    path: `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
    query: {},
    mostPages: MOST_PAGES,
    reading() {
      let read = beforeAll(slices);
      return {
        take(object): string | undefined {
          const slice = parseSlice(object, pod);
          if (!slice.ok) return slice.problems.join('; ');
          read = afterSlice(read, slice.value);
          return undefined;
        },
        end(): undefined {
          become(read);
        },
      };
    },
    changed(type, object): string | undefined {
      const slice = parseSlice(object, pod);
      if (!slice.ok) return slice.problems.join('; ');
      become(afterSlice(slices, type === 'DELETED' ? { ...slice.value, hold: undefined } : slice.value));
      return undefined;
    },
    heard: link.heard,
    watching: link.watching,
    lost: link.lost,
  });
}
