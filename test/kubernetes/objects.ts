/** Objects as the API server writes them. */

/** A container of a pod's spec, and whether the kubelet calls it ready. */
export interface ContainerParts {
  readonly name: string;
  readonly sidecar?: boolean;
  readonly readinessProbe?: object;
  readonly ports?: readonly object[];
  /** Undefined: no status yet. */
  readonly ready?: boolean | undefined;
}

export interface PodParts {
  readonly name?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly ip?: string;
  readonly graceSeconds?: number;
  readonly containers?: readonly ContainerParts[];
  /** The time by the API server's clock at which the grace period ends, and its seconds. */
  readonly deletion?: readonly [timestamp: string, graceSeconds: number];
}

export const POD_NAME = 'shop-7d9f8b6c5d-x2x7k';
export const UID = '8ecf9894-cda6-4687-9598-9f06f6985e0d';
export const POD_IP = '10.1.2.3';

function specOf({ name, sidecar, readinessProbe, ports }: ContainerParts): object {
  return {
    name,
    image: `${name}:1`,
    ...(sidecar === true ? { restartPolicy: 'Always' } : {}),
    ...(readinessProbe === undefined ? {} : { readinessProbe }),
    ...(ports === undefined ? {} : { ports }),
    terminationMessagePolicy: 'File',
  };
}

function statusOf({ name, ready }: ContainerParts): object[] {
  return ready === undefined ? [] : [{ name, ready, restartCount: 0, state: { running: {} } }];
}

/** @returns a pod of podusher as a native sidecar, rails and auth; with more fields than anybody needs. */
export function podObject(parts: PodParts = {}): object {
  const { containers = CONTAINERS, deletion } = parts;
  const sidecars = containers.filter(({ sidecar }) => sidecar === true);
  const regulars = containers.filter(({ sidecar }) => sidecar !== true);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: parts.name ?? POD_NAME,
      namespace: 'shop',
      uid: parts.uid ?? UID,
      resourceVersion: parts.resourceVersion ?? '100',
      managedFields: [{ manager: 'kubelet' }],
      ...(deletion === undefined
        ? {}
        : { deletionTimestamp: deletion[0], deletionGracePeriodSeconds: deletion[1] }),
    },
    spec: {
      terminationGracePeriodSeconds: parts.graceSeconds ?? 30,
      initContainers: [{ name: 'migrate', image: 'migrate:1' }, ...sidecars.map(specOf)],
      containers: regulars.map(specOf),
    },
    status: {
      phase: 'Running',
      podIP: parts.ip ?? POD_IP,
      podIPs: [{ ip: parts.ip ?? POD_IP }, { ip: 'fd00::3' }],
      initContainerStatuses: sidecars.flatMap(statusOf),
      containerStatuses: regulars.flatMap(statusOf),
    },
  };
}

const CONTAINERS: readonly ContainerParts[] = [
  { name: 'podusher', sidecar: true, ready: true },
  { name: 'rails', ready: true },
  { name: 'auth', ready: true },
];

/** An endpoint of a slice: the pod's unless it says otherwise. */
export interface EndpointParts {
  readonly address?: string;
  readonly terminating?: boolean;
  readonly targetRef?: object | null;
}

/** @returns an EndpointSlice with these endpoints. */
export function sliceObject(
  name: string,
  endpoints: readonly EndpointParts[],
  resourceVersion = '200',
): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'shop', resourceVersion, labels: { 'kubernetes.io/service-name': 'shop' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 3000 }],
    endpoints: endpoints.map(({ address = POD_IP, terminating = false, targetRef }) => ({
      addresses: [address],
      conditions: { ready: !terminating, serving: true, terminating },
      nodeName: 'node-1',
      ...(targetRef === null
        ? {}
        : { targetRef: targetRef ?? { kind: 'Pod', name: POD_NAME, namespace: 'shop', uid: UID } }),
    })),
  };
}
