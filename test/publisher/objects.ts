/** Objects as the API server tells them, with more fields than anybody needs. */

export const NAMESPACE = 'shop';

export interface PodParts {
  readonly name: string;
  readonly uid?: string;
  readonly ip?: string | undefined;
  readonly node?: string | undefined;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly containers?: readonly ContainerParts[];
  readonly gate?: boolean | undefined;
  /** Its Ready condition, as the kubelet makes it of its containers unless said. */
  readonly ready?: boolean | undefined;
  readonly reason?: string;
  readonly phase?: string;
  readonly isTerminating?: boolean;
  readonly hostname?: string;
  readonly subdomain?: string;
}

export interface ContainerParts {
  readonly name: string;
  readonly ready: boolean;
  readonly sidecar?: boolean;
  readonly restarts?: number;
  readonly ports?: readonly object[];
}

function specOf({ name, sidecar, ports }: ContainerParts): object {
  return {
    name,
    image: `${name}:1`,
    terminationMessagePolicy: 'File',
    ...(sidecar === true ? { restartPolicy: 'Always' } : {}),
    ...(ports === undefined ? {} : { ports }),
  };
}

const statusOf = ({ name, ready, restarts = 0 }: ContainerParts): object => ({
  name,
  ready,
  restartCount: restarts,
  containerID: `containerd://${name}-${restarts}`,
  state: { running: {} },
});

export function podObject(parts: PodParts): object {
  const { name, ip, containers = [{ name: 'rails', ready: true }], gate, phase = 'Running' } = parts;
  const sidecars = containers.filter(({ sidecar }) => sidecar === true);
  const regulars = containers.filter(({ sidecar }) => sidecar !== true);
  const ready = parts.ready ?? (containers.every(one => one.ready) && gate !== false);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: NAMESPACE,
      uid: parts.uid ?? `uid-of-${name}`,
      resourceVersion: '1',
      labels: parts.labels ?? { app: 'web' },
      annotations: { 'example.com/other': 'x', ...parts.annotations },
      managedFields: [{ manager: 'kubelet' }],
      ...(parts.isTerminating === true ? { deletionTimestamp: '2026-11-22T05:00:30Z' } : {}),
    },
    spec: {
      nodeName: parts.node,
      hostname: parts.hostname,
      subdomain: parts.subdomain,
      containers: regulars.map(specOf),
      initContainers: [{ name: 'migrate', image: 'migrate:1' }, ...sidecars.map(specOf)],
      ...(gate === undefined ? {} : { readinessGates: [{ conditionType: 'example.com/gate' }] }),
    },
    status: {
      phase,
      ...(ip === undefined
        ? {}
        : { podIP: ip, podIPs: [{ ip }, { ip: `fd00::${ip.replaceAll('.', ':')}` }] }),
      conditions: [
        { type: 'PodScheduled', status: 'True' },
        ...(gate === undefined ? [] : [{ type: 'example.com/gate', status: gate ? 'True' : 'False' }]),
        {
          type: 'Ready',
          status: ready ? 'True' : 'False',
          ...(ready ? {} : { reason: parts.reason ?? 'ContainersNotReady' }),
        },
      ],
      containerStatuses: regulars.map(statusOf),
      initContainerStatuses: [{ name: 'migrate', ready: true, restartCount: 0 }, ...sidecars.map(statusOf)],
    },
  };
}

export function nodeObject(
  name: string,
  zone: string | undefined,
  ready: 'True' | 'False' | 'Unknown',
): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: `uid-of-${name}`,
      labels: {
        'kubernetes.io/os': 'linux',
        ...(zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }),
      },
    },
    status: {
      conditions: [
        { type: 'MemoryPressure', status: 'False' },
        { type: 'Ready', status: ready },
      ],
    },
  };
}

export interface ServiceParts {
  readonly selector?: string | undefined;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly isTerminating?: boolean;
  readonly uid?: string;
  readonly spec?: object;
}

export const SERVICE = 'web';

export function serviceObject(parts: ServiceParts = {}): object {
  const { selector = 'app=web' } = parts;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: SERVICE,
      namespace: NAMESPACE,
      uid: parts.uid ?? 'uid-of-web',
      resourceVersion: '1',
      labels: parts.labels ?? { team: 'shop' },
      annotations: {
        ...('selector' in parts && parts.selector === undefined ? {} : { 'podusher.dev/selector': selector }),
        ...parts.annotations,
      },
      ...(parts.isTerminating === true ? { deletionTimestamp: '2026-11-22T05:00:30Z' } : {}),
    },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.1',
      ipFamilies: ['IPv4'],
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }],
      ...parts.spec,
    },
  };
}
