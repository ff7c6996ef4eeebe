/** Where the cluster is: its folder, its names, its addresses. All addresses are of the range for benchmarks (RFC 2544). */
import { join } from 'node:path';

/** Everything that lasts while the cluster is up. */
export const STATE = '/var/lib/podusher-cluster';

/** How anybody reaches it: `kubectl --kubeconfig …`. */
export const KUBECONFIG: string = join(STATE, 'kubeconfig');

export const KEYS: string = join(STATE, 'keys');
export const LOGS: string = join(STATE, 'log');

/** The cluster's parent in each hierarchy of cgroups. */
export const CGROUP = 'podusher-cluster';

/** The only thing that is seen of it on the host's network. */
export const HOST_LINK = { name: 'podusher0', address: '198.18.0.254' } as const;

export const API = { address: '198.18.0.1', port: 6443 } as const;
export const SERVICES = { range: '198.19.0.0/16', api: '198.19.0.1', dns: '198.19.0.10' } as const;
export const PODS = '198.18.64.0/18';

/** One of the two machines that the cluster believes to have. */
export interface NodePlace {
  readonly name: NodeName;
  readonly zone: string;
  readonly address: string;
  /** What its pods' addresses are of. */
  readonly pods: string;
  /** Its own files. */
  readonly folder: string;
}

export type NodeName = 'node-a' | 'node-b';

/** `control` is the control plane's; it is also the switch between the nodes. */
export type SpaceName = 'control' | NodeName;

export const NODES: readonly NodePlace[] = [
  nodePlace('node-a', 'zone-a', '198.18.0.11', '198.18.65.0/24'),
  nodePlace('node-b', 'zone-b', '198.18.0.12', '198.18.66.0/24'),
];

export const SPACES: readonly SpaceName[] = ['control', ...NODES.map(({ name }) => name)];

function nodePlace(name: NodeName, zone: string, address: string, pods: string): NodePlace {
  return { name, zone, address, pods, folder: join(STATE, name) };
}
