/** The control plane's programs, in the order in which they start. */
import { join } from 'node:path';
import { certificateFile, keyFile, kubeconfigFile } from './keys.ts';
import { API, KEYS, SERVICES, STATE } from './place.ts';
import type { Programs } from './programs.ts';
import type { Service } from './service.ts';

/** Where a control plane is: its ports and its folders. */
export interface ControlPlace {
  readonly etcd: { readonly folder: string; readonly port: number; readonly peerPort: number };
  readonly api: { readonly address: string; readonly port: number };
  readonly services: string;
  readonly keys: string;
}

/** The cluster's. */
const OURS: ControlPlace = {
  etcd: { folder: join(STATE, 'etcd'), port: 2379, peerPort: 2380 },
  api: API,
  services: SERVICES.range,
  keys: KEYS,
};

export type Flags = Readonly<Record<string, string | number | boolean>>;

function flags(options: Flags): string[] {
  return Object.entries(options).map(([name, value]) => `--${name}=${value}`);
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

export function etcdService(programs: Programs): Service {
  return { space: 'control', name: 'etcd', command: etcdCommand(programs, OURS) };
}

export function apiServer(programs: Programs): Service {
  return { space: 'control', name: 'kube-apiserver', command: apiServerCommand(programs, OURS) };
}

export function controllerManager(programs: Programs): Service {
  const name = 'kube-controller-manager';
  return { space: 'control', name, command: controllerManagerCommand(programs, OURS) };
}

export function scheduler(programs: Programs): Service {
  return { space: 'control', name: 'kube-scheduler', command: client(programs, OURS, 'kube-scheduler', {}) };
}

export function etcdCommand(programs: Programs, { etcd }: ControlPlace): readonly string[] {
  const options = flags({
    'data-dir': etcd.folder,
    'listen-client-urls': urlOf(etcd.port),
    'advertise-client-urls': urlOf(etcd.port),
    'listen-peer-urls': urlOf(etcd.peerPort),
    // It need not outlive the machine, and the disk is others' too.
    'unsafe-no-fsync': true,
    'log-level': 'warn',
  });
  return [join(programs.etcd, 'etcd'), ...options];
}

export function apiServerCommand(
  programs: Programs,
  { etcd, api, services, keys }: ControlPlace,
  more: Flags = {},
): readonly string[] {
  const options = flags({
    'etcd-servers': urlOf(etcd.port),
    'advertise-address': api.address,
    'bind-address': api.address,
    'secure-port': api.port,
    'tls-cert-file': certificateFile('kube-apiserver', keys),
    'tls-private-key-file': keyFile('kube-apiserver', keys),
    'client-ca-file': certificateFile('ca', keys),
    'service-cluster-ip-range': services,
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': certificateFile('accounts', keys),
    'service-account-signing-key-file': keyFile('accounts', keys),
    'kubelet-certificate-authority': certificateFile('ca', keys),
    'kubelet-client-certificate': certificateFile('kubelet-client', keys),
    'kubelet-client-key': keyFile('kubelet-client', keys),
    // Nobody knows the nodes by name.
    'kubelet-preferred-address-types': 'InternalIP',
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'allow-privileged': true,
    ...more,
  });
  return [join(programs.kubernetes, 'kube-apiserver'), ...options];
}

export function controllerManagerCommand(
  programs: Programs,
  place: ControlPlace,
  more: Flags = {},
): readonly string[] {
  return client(programs, place, 'kube-controller-manager', {
    'root-ca-file': certificateFile('ca', place.keys),
    'service-account-private-key-file': keyFile('accounts', place.keys),
    'cluster-signing-cert-file': certificateFile('ca', place.keys),
    'cluster-signing-key-file': keyFile('ca', place.keys),
    'use-service-account-credentials': true,
    ...more,
  });
}

function client(programs: Programs, { keys }: ControlPlace, name: string, more: Flags): readonly string[] {
  const options = flags({
    kubeconfig: kubeconfigFile(name, keys),
    'bind-address': '127.0.0.1',
    // There is one of each.
    'leader-elect': false,
    ...more,
  });
  return [join(programs.kubernetes, name), ...options];
}
