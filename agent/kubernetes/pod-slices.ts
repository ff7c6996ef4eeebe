import type { PodIdentity } from '../../lib/kubernetes/slices.ts';
import type { StatusSlices } from '../../lib/status/status.ts';
import type { ApiClient } from './client.ts';
import type { Timing } from './following.ts';
import type { Link } from './link.ts';
import { watchSlices } from './slice-watch.ts';

/** The pod's EndpointSlices: watched as long as they matter, once it is known which pod it is. */
export interface PodSlices {
  /** As last read; null before a drain has asked for them. */
  readonly status: StatusSlices | null;
  /** The API told of the pod; until then none are watched. */
  podIs(pod: Omit<PodIdentity, 'name'>): void;
  /** Whether they matter now. */
  want(on: boolean): void;
}

export interface PodSlicesParts {
  readonly client: ApiClient;
  readonly name: string;
  readonly namespace: string;
  readonly link: Link;
  /** Called after each change: whether none of them sends new connections to the pod any more. */
  readonly withdrawal: (withdrawn: boolean) => void;
  readonly timing?: Timing | undefined;
}

/** @returns slices that nobody wants yet. */
export function createPodSlices(parts: PodSlicesParts): PodSlices {
  const { client, name, namespace, link, withdrawal, timing } = parts;
  let pod: PodIdentity | undefined;
  let isWanted = false;
  let end: (() => void) | undefined;
  let read: Omit<StatusSlices, 'watch'> | undefined;

  function look(): void {
    if (!isWanted || pod === undefined) {
      end?.();
      end = undefined;
      return;
    }
    end ??= watchSlices({
      client,
      namespace,
      timing,
      pod,
      link,
      changed({ holds }, withdrawn): void {
        const serving = [...holds.values()].filter(hold => hold === 'serving').length;
        read = { serving, terminating: holds.size - serving, withdrawn };
        withdrawal(withdrawn);
      },
    });
  }

  return {
    get status(): StatusSlices | null {
      return read === undefined ? null : { watch: link.status, ...read };
    },
    podIs({ uid, ips }): void {
      const isFirst = pod === undefined;
      pod = { name, uid, ips };
      if (isFirst) look();
    },
    want(on): void {
      isWanted = on;
      look();
    },
  };
}
