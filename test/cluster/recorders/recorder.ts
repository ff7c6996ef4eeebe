/** Containers that write down what the kubelet does to them, and do as they are told: see `recorder-app.cjs`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AGENT_IMAGE } from '../images.ts';
import { podGet } from '../kubectl.ts';
import { RESOURCES, RESTRICTED } from '../pod.ts';

const APP = readFileSync(join(import.meta.dirname, 'recorder-app.cjs'), 'utf8');

const PODINFO = '/etc/podinfo';

export interface RecorderOptions {
  readonly name: string;
  /** All containers of a pod share its network: each has its own. */
  readonly port: number;
  /** How long after SIGTERM it leaves; undefined: never. */
  readonly leaveMs?: number;
  /** Whether it tells what becomes of the pod's annotations, in the volume `podinfo`. */
  readonly watches?: boolean;
  /** Other fields of the container. */
  readonly more?: object;
}

/** @returns a container */
export function recorder({ name, port, leaveMs, watches = false, more = {} }: RecorderOptions): object {
  const settings = { name, port, leaveMs, watches: watches ? PODINFO : undefined };
  return {
    name,
    image: AGENT_IMAGE,
    imagePullPolicy: 'IfNotPresent',
    command: ['/usr/local/bin/node', '-e', APP],
    env: [{ name: 'RECORDER', value: JSON.stringify(settings) }],
    ports: [{ containerPort: port }],
    resources: RESOURCES,
    securityContext: RESTRICTED,
    ...(watches ? { volumeMounts: [{ name: 'podinfo', mountPath: PODINFO }] } : {}),
    ...more,
  };
}

/** @returns a container's `lifecycle`: a hook at a recorder's port */
export function hookAt(port: number, query: string): object {
  return { preStop: httpGet(port, `/hook?${query}`) };
}

/** @returns a probe of a recorder, each second; a machine with much to do has time to answer it */
export function probeAt(port: number, kind: string, more: object = {}): object {
  const usual = { periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 1 };
  return { ...httpGet(port, `/probe?kind=${kind}`), ...usual, ...more };
}

/** @returns a startup probe: until it is answered no liveness probe comes, however late the recorder is up */
export function startupAt(port: number): object {
  return probeAt(port, 'startup', { failureThreshold: 60 });
}

function httpGet(port: number, path: string): object {
  return { httpGet: { port, path } };
}

/** @returns a pod of recorders */
export function recorderPod(name: string, metadata: object, spec: object): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name }, spec: recorderSpec(spec) };
}

/** @returns a pod's spec, as `restricted` asks for */
export function recorderSpec(spec: object): object {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    volumes: [podinfoVolume()],
    ...spec,
  };
}

/** @returns the volume with the pod's annotations */
export function podinfoVolume(): object {
  const items = [{ path: 'annotations', fieldRef: { fieldPath: 'metadata.annotations' } }];
  return { name: 'podinfo', downwardAPI: { items } };
}

/** Tells a recorder to do something, by way of the API server. */
export async function say(namespace: string, pod: string, port: number, path: string): Promise<void> {
  await podGet(namespace, pod, port, path);
}
