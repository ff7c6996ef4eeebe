/**
 * A pod as the API tells it, reduced on receipt to what podusher needs (`Pod` in `k8s.io/api/core/v1/types.go`).
 */
import * as v from 'valibot';
import { type Parsed, parsed, unparsed } from '../parsed.ts';

export interface ApiPod {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Undefined before Kubernetes 1.33. */
  readonly generation: number | undefined;
  readonly ips: readonly string[];
  /** `terminationGracePeriodSeconds`, as the kubelet takes it. */
  readonly gracePeriodMs: number;
  /**
   * Undefined while it is not being deleted. `endsAt` is `deletionTimestamp`, by the API server's clock: the request's
   * time and the grace period (`BeforeDelete` in `staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go`).
   */
  readonly deletion: { readonly endsAt: number; readonly graceMs: number } | undefined;
  /** Native sidecars as declared, then regular containers; init containers that end are none of either. */
  readonly containers: readonly ApiContainer[];
}

export interface ApiContainer {
  readonly name: string;
  readonly isNativeSidecar: boolean;
  /** Its own readinessProbe, which the kubelet makes; undefined where it has none. */
  readonly probe: ApiProbe | undefined;
  /** The kubelet's verdict; undefined as long as there is none. */
  readonly isReady: boolean | undefined;
}

export interface ApiProbe {
  readonly how: 'exec' | 'httpGet' | 'tcpSocket' | 'grpc';
  /** Where it goes to in the pod; undefined for exec, for another host and for a port that has no such name. */
  readonly port: number | undefined;
}

/** A pod of more is none; it keeps all later work small. */
const MOST_CONTAINERS = 256;
const SECOND_MS = 1000;
/** The kubelet gives no less (`calculateEffectiveGracePeriod` in `pkg/kubelet/pod_workers.go`). */
export const SHORTEST_GRACE_MS: number = SECOND_MS;

const name = v.pipe(v.string(), v.maxLength(253));
const seconds = v.pipe(v.number(), v.minValue(0), v.maxValue(2 ** 31));
const port = v.union([v.number(), v.string()]);
const target = v.nullish(v.object({ port, host: v.nullish(v.string()) }));

const probe = v.object({
  exec: v.nullish(v.object({})),
  httpGet: target,
  tcpSocket: target,
  grpc: v.nullish(v.object({ port })),
});

const container = v.object({
  name,
  restartPolicy: v.nullish(v.string()),
  ports: v.nullish(v.array(v.object({ name: v.nullish(v.string()), containerPort: v.number() })), []),
  readinessProbe: v.nullish(probe),
});

const containers = v.nullish(v.pipe(v.array(container), v.maxLength(MOST_CONTAINERS)), []);
const statuses = v.nullish(
  v.pipe(v.array(v.object({ name, ready: v.boolean() })), v.maxLength(MOST_CONTAINERS)),
  [],
);

const pod = v.object({
  metadata: v.object({
    name,
    namespace: name,
    uid: name,
    resourceVersion: name,
    generation: v.nullish(v.number()),
    deletionTimestamp: v.nullish(v.pipe(v.string(), v.isoTimestamp())),
    deletionGracePeriodSeconds: v.nullish(seconds),
  }),
  spec: v.object({
    terminationGracePeriodSeconds: v.nullish(seconds, 30),
    containers,
    initContainers: containers,
  }),
  status: v.nullish(
    v.object({
      podIP: v.nullish(name),
      podIPs: v.nullish(v.pipe(v.array(v.object({ ip: name })), v.maxLength(16)), []),
      containerStatuses: statuses,
      initContainerStatuses: statuses,
    }),
    { podIPs: [], containerStatuses: [], initContainerStatuses: [] },
  ),
});

type RawContainer = v.InferOutput<typeof container>;

/** @returns the pod, or what is wrong with it. */
export function parsePod(object: unknown): Parsed<ApiPod> {
  const read = v.safeParse(pod, object, { abortEarly: true });
  if (!read.success) {
    const [issue] = read.issues;
    return unparsed(`Not a pod: ${v.getDotPath(issue) ?? 'the object'}: ${issue.message}`);
  }
  const { metadata, spec, status } = read.output;
  const ready = new Map(
    [...status.initContainerStatuses, ...status.containerStatuses].map(one => [one.name, one.ready]),
  );
  const sidecars = spec.initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  const { uid, resourceVersion, deletionTimestamp } = metadata;
  const gracePeriodMs = graceMsOf(spec.terminationGracePeriodSeconds);
  const { deletionGracePeriodSeconds } = metadata;
  return parsed({
    name: metadata.name,
    namespace: metadata.namespace,
    uid,
    resourceVersion,
    generation: metadata.generation ?? undefined,
    ips: [...new Set([...status.podIPs.map(({ ip }) => ip), status.podIP ?? ''])].filter(Boolean),
    gracePeriodMs,
    deletion:
      deletionTimestamp === null || deletionTimestamp === undefined
        ? undefined
        : {
            endsAt: new Date(deletionTimestamp).getTime(),
            graceMs:
              deletionGracePeriodSeconds == null ? gracePeriodMs : graceMsOf(deletionGracePeriodSeconds),
          },
    containers: [
      ...sidecars.map(one => containerOf(one, true, ready)),
      ...spec.containers.map(one => containerOf(one, false, ready)),
    ],
  });
}

function graceMsOf(given: number): number {
  return Math.max(SHORTEST_GRACE_MS, given * SECOND_MS);
}

function containerOf(
  raw: RawContainer,
  isNativeSidecar: boolean,
  ready: ReadonlyMap<string, boolean>,
): ApiContainer {
  return { name: raw.name, isNativeSidecar, probe: probeOf(raw), isReady: ready.get(raw.name) };
}

function probeOf({ readinessProbe, ports }: RawContainer): ApiProbe | undefined {
  const { exec, httpGet, tcpSocket, grpc } = readinessProbe ?? {};
  if (httpGet) return { how: 'httpGet', port: httpGet.host ? undefined : portOf(httpGet.port, ports) };
  if (tcpSocket)
    return { how: 'tcpSocket', port: tcpSocket.host ? undefined : portOf(tcpSocket.port, ports) };
  if (grpc) return { how: 'grpc', port: portOf(grpc.port, ports) };
  return exec ? { how: 'exec', port: undefined } : undefined;
}

/**
 * A port's number; a name is looked up in the container's own ports (`ResolveContainerPort` in
 * `pkg/probe/util.go`).
 */
function portOf(given: number | string, ports: RawContainer['ports']): number | undefined {
  const found =
    typeof given === 'number'
      ? given
      : (ports.find(one => one.name === given)?.containerPort ?? Number(given));
  return Number.isInteger(found) && found >= 1 && found <= 65_535 ? found : undefined;
}
