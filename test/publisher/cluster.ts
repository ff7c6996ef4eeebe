/** One Service, its pods and their nodes, with kubelets and a node controller that do their work, and what happens to them. */
import { nodeObject, podObject, SERVICE, serviceObject } from './objects.ts';

/** What happens to a run of pods, to a node or to the Service. */
export type Happening =
  | { readonly type: 'scale'; readonly to: number }
  | {
      readonly type:
        | 'start'
        | 'statsd'
        | 'rails'
        | 'gate'
        | 'delete'
        | 'gone'
        | 'end'
        | 'relabel'
        | 'annotate'
        | 'again';
      readonly from: number;
      readonly count: number;
    }
  | { readonly type: 'node'; readonly index: number; readonly to: 'ready' | 'lost' | 'removed' | 'moved' }
  | { readonly type: 'service'; readonly edit: Partial<ServiceModel> };

interface PodModel {
  readonly name: string;
  readonly index: number;
  readonly node: string;
  readonly port: number | undefined;
  readonly hasGate: boolean;
  /** The probe of rails has moved to podusher. */
  readonly hasMoved: boolean;
  /** How often it was made anew under its name, as a StatefulSet does. */
  times: number;
  isStarted: boolean;
  rails: boolean;
  statsd: boolean;
  gate: boolean;
  isTerminating: boolean;
  isTerminal: boolean;
  isOurs: boolean;
  /** Whether statsd is non-critical. */
  isAnnotated: boolean;
}

interface NodeModel {
  readonly name: string;
  zone: string | undefined;
  state: 'ready' | 'lost' | 'removed';
}

export interface ServiceModel {
  readonly ports: 'number' | 'name' | 'both' | 'none';
  readonly labels: Readonly<Record<string, string>>;
  readonly publishNotReadyAddresses: boolean;
  readonly trafficDistribution: string | undefined;
  readonly ipFamilies: readonly string[];
}

/** What changed, as the API tells it. */
export interface Told {
  readonly pods: readonly object[];
  readonly nodes: readonly object[];
  readonly services: readonly object[];
  readonly removedPods: readonly string[];
  readonly removedNodes: readonly string[];
}

export const NODES = 4;
const PORTS: Readonly<Record<ServiceModel['ports'], readonly object[]>> = {
  number: [{ name: '', protocol: 'TCP', port: 80, targetPort: 8080 }],
  name: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 'http', appProtocol: 'kubernetes.io/h2c' }],
  both: [
    { name: 'metrics', protocol: 'TCP', port: 90, targetPort: 'metrics' },
    { name: 'http', protocol: 'TCP', port: 80, targetPort: 'http' },
    { name: 'udp', protocol: 'UDP', port: 53, targetPort: 'http' },
  ],
  none: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 'nobody-has-it' }],
};

/** The cluster of a history. */
export class Cluster {
  readonly pods: Map<number, PodModel> = new Map();
  readonly nodes: NodeModel[] = Array.from({ length: NODES }, (_, index) => ({
    name: `node-${index}`,
    zone: index === 3 ? undefined : `zone-${index % 2}`,
    state: 'ready',
  }));
  service: ServiceModel = {
    ports: 'number',
    labels: {},
    publishNotReadyAddresses: false,
    trafficDistribution: undefined,
    ipFamilies: ['IPv4'],
  };
  readonly #mayBeNonCritical: boolean;
  #next = 0;

  constructor(mayBeNonCritical: boolean) {
    this.#mayBeNonCritical = mayBeNonCritical;
  }

  first(): Told {
    return {
      pods: [],
      removedPods: [],
      removedNodes: [],
      nodes: this.nodes.map(({ name, zone }) => nodeObject(name, zone, 'True')),
      services: [this.#serviceObject()],
    };
  }

  /** Lets it all happen at once. */
  apply(happenings: readonly Happening[]): Told {
    const before = new Set(this.pods.keys());
    const names = new Map([...this.pods].map(([index, { name }]) => [index, name]));
    const touched = new Set<number>();
    const nodes = new Set<NodeModel>();
    for (const happening of happenings) this.#happen(happening, touched, nodes);
    return {
      pods: [...touched].flatMap(index => this.#podObjects(index)),
      removedPods: [...before].flatMap(index => (this.pods.has(index) ? [] : [names.get(index) ?? ''])),
      nodes: [...nodes]
        .filter(({ state }) => state !== 'removed')
        .map(({ name, zone, state }) => nodeObject(name, zone, state === 'ready' ? 'True' : 'Unknown')),
      removedNodes: [...nodes].filter(({ state }) => state === 'removed').map(({ name }) => name),
      services: happenings.some(({ type }) => type === 'service') ? [this.#serviceObject()] : [],
    };
  }

  nodeOf({ node }: PodModel): NodeModel | undefined {
    return this.nodes.find(({ name }) => name === node);
  }

  /** By the kubelet, and by the node controller where there is none. */
  isReady(pod: PodModel): boolean {
    const all = pod.isStarted && pod.rails && pod.statsd && (!pod.hasGate || pod.gate);
    return all && this.nodeOf(pod)?.state !== 'lost';
  }

  #happen(happening: Happening, touched: Set<number>, nodes: Set<NodeModel>): void {
    if (happening.type === 'scale') return this.#scale(happening.to, touched);
    if (happening.type === 'service') {
      this.service = { ...this.service, ...happening.edit };
      return;
    }
    if (happening.type === 'node') return this.#node(happening, touched, nodes);
    for (const pod of [...this.pods.values()].slice(happening.from, happening.from + happening.count)) {
      touched.add(pod.index);
      if (happening.type === 'start') pod.isStarted = true;
      else if (happening.type === 'delete') pod.isTerminating = true;
      else if (happening.type === 'gone') this.pods.delete(pod.index);
      else if (happening.type === 'end') pod.isTerminal = true;
      else if (happening.type === 'relabel') pod.isOurs = !pod.isOurs;
      else if (happening.type === 'again') pod.times++;
      else if (happening.type === 'annotate') pod.isAnnotated = !pod.isAnnotated;
      else pod[happening.type] = !pod[happening.type];
    }
  }

  #scale(to: number, touched: Set<number>): void {
    for (const index of [...this.pods.keys()].slice(to)) this.pods.delete(index);
    while (this.pods.size < to) {
      const index = this.#next++;
      touched.add(index);
      this.pods.set(index, {
        name: `web-${index}`,
        index,
        node: `node-${index % NODES}`,
        port: [8080, 8080, 8080, 8081, undefined][index % 5],
        hasGate: index % 7 === 0,
        hasMoved: this.#mayBeNonCritical && index % 3 === 2,
        times: 0,
        isStarted: index % 3 !== 0,
        rails: true,
        statsd: index % 11 !== 0,
        gate: true,
        isTerminating: false,
        isTerminal: false,
        isOurs: true,
        isAnnotated: this.#mayBeNonCritical && index % 2 === 0,
      });
    }
  }

  #node(
    { index, to }: Extract<Happening, { type: 'node' }>,
    touched: Set<number>,
    nodes: Set<NodeModel>,
  ): void {
    const node = this.nodes[index % NODES];
    if (node === undefined) return;
    nodes.add(node);
    if (to === 'moved') node.zone = node.zone === 'zone-2' ? undefined : 'zone-2';
    else node.state = to;
    for (const pod of this.pods.values()) if (pod.node === node.name) touched.add(pod.index);
  }

  #podObjects(index: number): object[] {
    const pod = this.pods.get(index);
    if (pod === undefined) return [];
    const http = pod.port === undefined ? [] : [{ name: 'http', containerPort: pod.port, protocol: 'TCP' }];
    const nonCritical = this.#mayBeNonCritical ? 'statsd' : '';
    return [
      podObject({
        name: pod.name,
        uid: `${pod.name}-${pod.times}`,
        node: pod.node,
        ip: pod.isStarted ? ipOf(pod) : undefined,
        labels: { app: pod.isOurs ? 'web' : 'other' },
        annotations: pod.isAnnotated ? { 'podusher.dev/non-critical': nonCritical } : {},
        containers: [
          // A container whose probe has moved is Ready while it runs; the agent's own `ready` is its verdict.
          { name: 'rails', ready: pod.isStarted && (pod.hasMoved || pod.rails), ports: http },
          ...(pod.hasMoved ? [{ name: 'podusher', ready: pod.isStarted && pod.rails }] : []),
          { name: 'statsd', ready: pod.isStarted && pod.statsd },
          {
            name: 'proxy',
            ready: pod.isStarted,
            sidecar: true,
            ports: [{ name: 'metrics', containerPort: 9090, protocol: 'TCP' }],
          },
        ],
        gate: pod.hasGate ? pod.gate : undefined,
        ready: this.isReady(pod),
        phase: pod.isTerminal ? (index % 2 === 0 ? 'Failed' : 'Succeeded') : 'Running',
        isTerminating: pod.isTerminating,
        ...(index % 4 === 0 ? { hostname: pod.name, subdomain: SERVICE } : {}),
      }),
    ];
  }

  #serviceObject(): object {
    const { labels, ports, ...spec } = this.service;
    return serviceObject({ labels, spec: { ...spec, ports: PORTS[ports] } });
  }
}

export function ipOf({ index, times }: Pick<PodModel, 'index' | 'times'>): string {
  return `10.${1 + times}.${Math.floor(index / 250)}.${(index % 250) + 1}`;
}
