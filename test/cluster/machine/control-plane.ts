/** The control plane's programs, in the order in which they start. */
import { join } from 'node:path';
import { certificateFile, keyFile, kubeconfigFile } from './keys.ts';
import { API, SERVICES, STATE } from './place.ts';
import type { Programs } from './programs.ts';
import type { Service } from './service.ts';

const ETCD_URL = 'http://127.0.0.1:2379';

function flags(options: Readonly<Record<string, string | number | boolean>>): string[] {
  return Object.entries(options).map(([name, value]) => `--${name}=${value}`);
}

export function etcdService(programs: Programs): Service {
  const options = flags({
    'data-dir': join(STATE, 'etcd'),
    'listen-client-urls': ETCD_URL,
    'advertise-client-urls': ETCD_URL,
    'listen-peer-urls': 'http://127.0.0.1:2380',
    // It need not outlive the machine, and the disk is others' too.
    'unsafe-no-fsync': true,
    'log-level': 'warn',
  });
  return { space: 'control', name: 'etcd', command: [join(programs.etcd, 'etcd'), ...options] };
}

export function apiServer(programs: Programs): Service {
  const options = flags({
    'etcd-servers': ETCD_URL,
    'advertise-address': API.address,
    'bind-address': API.address,
    'secure-port': API.port,
    'tls-cert-file': certificateFile('kube-apiserver'),
    'tls-private-key-file': keyFile('kube-apiserver'),
    'client-ca-file': certificateFile('ca'),
    'service-cluster-ip-range': SERVICES.range,
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': certificateFile('accounts'),
    'service-account-signing-key-file': keyFile('accounts'),
    'kubelet-certificate-authority': certificateFile('ca'),
    'kubelet-client-certificate': certificateFile('kubelet-client'),
    'kubelet-client-key': keyFile('kubelet-client'),
    // Nobody knows the nodes by name.
    'kubelet-preferred-address-types': 'InternalIP',
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'allow-privileged': true,
  });
  return {
    space: 'control',
    name: 'kube-apiserver',
    command: [join(programs.kubernetes, 'kube-apiserver'), ...options],
  };
}

export function controllerManager(programs: Programs): Service {
  return client(programs, 'kube-controller-manager', {
    'root-ca-file': certificateFile('ca'),
    'service-account-private-key-file': keyFile('accounts'),
    'cluster-signing-cert-file': certificateFile('ca'),
    'cluster-signing-key-file': keyFile('ca'),
    'use-service-account-credentials': true,
  });
}

export function scheduler(programs: Programs): Service {
  return client(programs, 'kube-scheduler', {});
}

function client(programs: Programs, name: string, more: Readonly<Record<string, string | boolean>>): Service {
  const options = flags({
    kubeconfig: kubeconfigFile(name),
    'bind-address': '127.0.0.1',
    // There is one of each.
    'leader-elect': false,
    ...more,
  });
  return { space: 'control', name, command: [join(programs.kubernetes, name), ...options] };
}
