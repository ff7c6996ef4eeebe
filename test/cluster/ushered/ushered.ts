/** Pods of recorders with the agent beside them: `web` depends on `auth`. */

import { AGENT_PORT, podTemplate } from '../pod.ts';
import {
  podinfoVolume,
  probeAt,
  type RecorderOptions,
  recorder,
  recorderPod,
  recorderSpec,
} from '../recorders/recorder.ts';

export const WEB_PORT = 3001;
export const AUTH_PORT = 3002;

/** The pods' grace period. */
export const GRACE_MS = 60_000;

/** How long a drain lasts at least, in these pods. */
export const DRAIN_MIN_MS = 2_000;

export interface UsheredOptions {
  /** Beside those that these two need. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly web?: Partial<RecorderOptions>;
  readonly auth?: Partial<RecorderOptions>;
  /** Containers beside these two. */
  readonly others?: readonly object[];
  /** Other fields of the agent's container. */
  readonly agent?: object;
  /** Volumes beside the annotations'. */
  readonly volumes?: readonly object[];
  /** Other fields of the pod's spec. */
  readonly spec?: object;
}

/** @returns a pod's metadata and spec: `web`, `auth`, and the agent as native sidecar */
export function usheredTemplate(options: UsheredOptions = {}): { metadata: object; spec: object } {
  const { annotations = {}, labels = {}, others = [], agent = {}, volumes = [], spec = {} } = options;
  const { initContainers } = Object(podTemplate({ app: '' })).spec;
  const metadata = {
    labels,
    annotations: {
      'podusher.dev/containers': ['web', 'auth', ...others.map(nameOf)].join(),
      'podusher.dev/native-sidecars': 'podusher',
      'podusher.dev/grace-period': `${GRACE_MS}ms`,
      'podusher.dev/drain-min': `${DRAIN_MIN_MS}ms`,
      'depends-on.podusher.dev/web': 'auth',
      ...probeAnnotation('web', WEB_PORT),
      ...probeAnnotation('auth', AUTH_PORT),
      ...annotations,
    },
  };
  const containers = [
    ushered({ name: 'web', port: WEB_PORT, leaveMs: 200, ...options.web }),
    ushered({ name: 'auth', port: AUTH_PORT, leaveMs: 200, ...options.auth }),
    ...others,
  ];
  return {
    metadata,
    spec: recorderSpec({
      terminationGracePeriodSeconds: GRACE_MS / 1000,
      initContainers: [{ ...initContainers[0], ...agent }],
      containers,
      volumes: [podinfoVolume(), ...volumes],
      ...spec,
    }),
  };
}

/** @returns a pod of its own */
export function usheredPod(name: string, options: UsheredOptions = {}): object {
  const { metadata, spec } = usheredTemplate(options);
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name }, spec };
}

/** @returns a recorder whose hook is the agent's */
function ushered(options: RecorderOptions): object {
  return { ...recorder(options), lifecycle: agentHook(options.name) };
}

/** @returns a container's `lifecycle` */
export function agentHook(container: string): object {
  return { preStop: { httpGet: { path: `/drain?container=${container}`, port: AGENT_PORT } } };
}

function probeAnnotation(container: string, port: number): Record<string, string> {
  const probe = { ...probeAt(port, 'ready'), failureThreshold: 2 };
  return { [`readiness-probe.podusher.dev/${container}`]: JSON.stringify(probe) };
}

function nameOf(container: object): string {
  return String(Object(container).name);
}

/** @returns a pod that asks others, and notes their answers */
export function clientPod(spec: object): object {
  const more = { readinessProbe: probeAt(WEB_PORT, 'ready') };
  const containers = [recorder({ name: 'client', port: WEB_PORT, leaveMs: 0, more })];
  return recorderPod('client', {}, { containers, ...spec });
}
