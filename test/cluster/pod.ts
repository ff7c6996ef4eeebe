/** Pods with the agent beside a small app, under `restricted`. */
import { AGENT_IMAGE } from './images.ts';

/** The agent's port. */
export const AGENT_PORT = 8866;

/** The app's port. */
export const APP_PORT = 3000;

export interface PodOptions {
  /** What the app runs: JavaScript, CommonJS. */
  readonly app: string;
  /** Beside those that the small app needs. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly nodeSelector?: Readonly<Record<string, string>>;
}

/** What a container is to have, beside what the pod has, under `restricted`. */
export const RESTRICTED = {
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
} as const;

/** Beside pods that ask for some, one that asks for none gets nearly none of a busy machine. */
export const RESOURCES = { requests: { cpu: '10m' } } as const;

/** @returns the hook that every container has: it names itself */
function hook(container: string): object {
  return { preStop: { httpGet: { path: `/drain?container=${container}`, port: AGENT_PORT } } };
}

/** @returns a pod's metadata and spec: the agent as native sidecar, and one container `app` */
export function podTemplate({ app, annotations = {}, labels = {}, nodeSelector = {} }: PodOptions): object {
  return {
    metadata: {
      labels,
      annotations: {
        'podusher.dev/containers': 'app',
        'podusher.dev/native-sidecars': 'podusher',
        'readiness-probe.podusher.dev/app': `{"httpGet":{"port":${APP_PORT}},"periodSeconds":1}`,
        ...annotations,
      },
    },
    spec: {
      nodeSelector,
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      initContainers: [agentContainer()],
      containers: [
        {
          name: 'app',
          image: AGENT_IMAGE,
          imagePullPolicy: 'IfNotPresent',
          command: ['/usr/local/bin/node', '-e', app],
          ports: [{ containerPort: APP_PORT }],
          lifecycle: hook('app'),
          resources: RESOURCES,
          securityContext: RESTRICTED,
        },
      ],
      volumes: [
        {
          name: 'podinfo',
          downwardAPI: {
            items: [{ path: 'annotations', fieldRef: { fieldPath: 'metadata.annotations' } }],
          },
        },
      ],
    },
  };
}

function agentContainer(): object {
  return {
    name: 'podusher',
    image: AGENT_IMAGE,
    imagePullPolicy: 'IfNotPresent',
    restartPolicy: 'Always',
    readinessProbe: {
      httpGet: { path: '/ready', port: AGENT_PORT },
      periodSeconds: 1,
      failureThreshold: 1,
      timeoutSeconds: 3,
    },
    livenessProbe: { httpGet: { path: '/livez', port: AGENT_PORT } },
    lifecycle: hook('podusher'),
    resources: RESOURCES,
    securityContext: RESTRICTED,
    volumeMounts: [{ name: 'podinfo', mountPath: '/etc/podinfo' }],
  };
}

/** @returns one pod of its own */
export function pod(name: string, options: PodOptions): object {
  const { metadata, spec } = Object(podTemplate(options));
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name }, spec };
}
