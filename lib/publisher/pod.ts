/**
 * A pod as the API tells it, reduced on receipt to what an endpoint needs (`Pod` in `k8s.io/api/core/v1/types.go`):
 * about a kilobyte, for a publisher keeps those of the whole cluster.
 */
import * as v from 'valibot';
import { formatAddress, parseAddress } from '../connections/address.ts';
import { type Parsed, parsed } from '../parsed.ts';
import type { Labels } from './label.ts';
import { conditions, labels, MOST_PORTS, readObject, text } from './metadata.ts';
import { judge, NON_CRITICAL, type Verdict } from './verdict.ts';

export interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly labels: Labels;
  /** Undefined until it is scheduled. */
  readonly nodeName: string | undefined;
  readonly hostname: string | undefined;
  readonly subdomain: string | undefined;
  /** In their canonical form; those that are none are left out. */
  readonly addresses: readonly string[];
  /** Succeeded or failed for good: never an endpoint again (`isPodTerminal`). */
  readonly isTerminal: boolean;
  /** It has a deletionTimestamp. */
  readonly isTerminating: boolean;
  readonly namedPorts: readonly NamedPort[];
  readonly verdict: Verdict;
  /** What is wrong with its annotations. */
  readonly problems: readonly string[];
}

/** What a Service's target port may name. */
export interface NamedPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}

/** A pod of more is none; it keeps all later work small. */
const MOST_CONTAINERS = 256;
const NOTHING: readonly never[] = [];

const container = v.object({
  name: text,
  restartPolicy: v.nullish(text),
  ports: v.nullish(
    v.pipe(
      v.array(
        v.object({ name: v.nullish(text), protocol: v.nullish(text, 'TCP'), containerPort: v.number() }),
      ),
      v.maxLength(MOST_PORTS),
    ),
    [],
  ),
});
const containers = v.nullish(v.pipe(v.array(container), v.maxLength(MOST_CONTAINERS)), []);
const statuses = v.nullish(
  v.pipe(
    v.array(
      v.object({
        name: text,
        ready: v.boolean(),
        restartCount: v.nullish(v.number(), 0),
        containerID: v.nullish(text, ''),
      }),
    ),
    v.maxLength(MOST_CONTAINERS),
  ),
  [],
);

const pod = v.object({
  metadata: v.object({
    name: text,
    namespace: text,
    uid: text,
    labels,
    annotations: v.nullish(v.object({ [NON_CRITICAL]: v.nullish(v.string()) })),
    deletionTimestamp: v.nullish(text),
  }),
  spec: v.object({
    nodeName: v.nullish(text),
    hostname: v.nullish(text),
    subdomain: v.nullish(text),
    containers,
    initContainers: containers,
    readinessGates: v.nullish(
      v.pipe(v.array(v.object({ conditionType: v.pipe(v.string(), v.maxLength(317)) })), v.maxLength(256)),
      [],
    ),
  }),
  status: v.nullish(
    v.object({
      phase: v.nullish(text),
      podIPs: v.nullish(v.pipe(v.array(v.object({ ip: text })), v.maxLength(16)), []),
      conditions,
      containerStatuses: statuses,
      initContainerStatuses: statuses,
    }),
    { podIPs: [], conditions: [], containerStatuses: [], initContainerStatuses: [] },
  ),
});

/** @returns the pod, or what is wrong with it. */
export function parsePod(object: unknown): Parsed<Pod> {
  const read = readObject(pod, object, 'Pod');
  if (!read.ok) return read;
  const { metadata, spec, status } = read.value;
  const sidecars = spec.initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  // In the order in which a port's name is looked up (`FindPort` in `k8s.io/endpointslice/utils.go`).
  const all = [...spec.containers, ...sidecars];
  const told = [...status.initContainerStatuses, ...status.containerStatuses];
  const { verdict, problems } = judge({
    containers: all.map(({ name }) => name),
    ready: new Set(told.flatMap(one => (one.ready ? [one.name] : []))),
    lives: () => JSON.stringify(told),
    gates: spec.readinessGates.map(({ conditionType }) => conditionType),
    conditions: status.conditions,
    nonCritical: metadata.annotations?.[NON_CRITICAL] ?? undefined,
  });
  return parsed({
    name: metadata.name,
    namespace: metadata.namespace,
    uid: metadata.uid,
    labels: metadata.labels,
    nodeName: spec.nodeName || undefined,
    hostname: spec.hostname || undefined,
    subdomain: spec.subdomain || undefined,
    addresses: status.podIPs.flatMap(({ ip }) => canonical(ip)),
    isTerminal: status.phase === 'Succeeded' || status.phase === 'Failed',
    isTerminating: metadata.deletionTimestamp != null,
    namedPorts: orNothing(all.flatMap(({ ports }) => ports.flatMap(namedPort))),
    verdict,
    problems: orNothing(problems),
  });
}

function namedPort(port: v.InferOutput<typeof container>['ports'][number]): NamedPort[] {
  const isPort =
    Number.isInteger(port.containerPort) && port.containerPort > 0 && port.containerPort < 65_536;
  return port.name && isPort ? [{ name: port.name, protocol: port.protocol, port: port.containerPort }] : [];
}

/** The API server takes no others in a slice (`getEndpointAddresses` in `k8s.io/endpointslice/utils.go`). */
function canonical(ip: string): string[] {
  const bytes = ip.includes('%') ? undefined : parseAddress(ip);
  return bytes === undefined ? [] : [formatAddress(bytes)];
}

/** One empty list for all pods. */
function orNothing<T>(list: readonly T[]): readonly T[] {
  return list.length === 0 ? NOTHING : list;
}
