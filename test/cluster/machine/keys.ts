/** Keys, certificates and kubeconfigs. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../run.ts';
import { all } from '../wait.ts';
import { API, KEYS, KUBECONFIG, NODES, SERVICES } from './place.ts';

const OPENSSL_MS = 10_000;
const DAYS = '30';

interface Identity {
  readonly name: string;
  /** As openssl writes it; Kubernetes reads the group from O and the user from CN. */
  readonly subject: string;
  /** What it may call itself as a server. */
  readonly names?: readonly string[];
}

const IDENTITIES: readonly Identity[] = [
  {
    name: 'kube-apiserver',
    subject: '/CN=kube-apiserver',
    names: [
      ...['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'].map(name => `DNS:${name}`),
      ...[API.address, SERVICES.api].map(address => `IP:${address}`),
    ],
  },
  { name: 'kubelet-client', subject: '/O=system:masters/CN=kube-apiserver-kubelet-client' },
  { name: 'admin', subject: '/O=system:masters/CN=admin' },
  { name: 'kube-controller-manager', subject: '/CN=system:kube-controller-manager' },
  { name: 'kube-scheduler', subject: '/CN=system:kube-scheduler' },
  { name: 'kube-proxy', subject: '/CN=system:kube-proxy' },
  ...NODES.map(({ name, address }) => ({
    name,
    subject: `/O=system:nodes/CN=system:node:${name}`,
    names: [`DNS:${name}`, `IP:${address}`],
  })),
];

export function keyFile(name: string): string {
  return join(KEYS, `${name}.key`);
}

export function certificateFile(name: string): string {
  return join(KEYS, `${name}.crt`);
}

export function kubeconfigFile(name: string): string {
  return join(KEYS, `${name}.kubeconfig`);
}

/** Makes everything that proves who somebody is, and the administrator's kubeconfig. */
export async function makeKeys(): Promise<void> {
  await mkdir(KEYS, { recursive: true, mode: 0o700 });
  await certificate('ca', '/CN=podusher-cluster', ['keyUsage=critical,keyCertSign,digitalSignature']);
  await all(IDENTITIES.map(makeIdentity));
  await writeFile(KUBECONFIG, await readFile(kubeconfigFile('admin')), { mode: 0o600 });
  const accounts = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(keyFile('accounts'), accounts.privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  });
  await writeFile(certificateFile('accounts'), accounts.publicKey.export({ type: 'spki', format: 'pem' }));
}

async function makeIdentity({ name, subject, names = [] }: Identity): Promise<void> {
  const extensions = ['basicConstraints=critical,CA:FALSE', 'extendedKeyUsage=clientAuth,serverAuth'];
  if (names.length > 0) extensions.push(`subjectAltName=${names.join(',')}`);
  const signer = ['-CA', certificateFile('ca'), '-CAkey', keyFile('ca')];
  await certificate(name, subject, extensions, signer);
  await writeFile(kubeconfigFile(name), await kubeconfig(name), { mode: 0o600 });
}

/** Makes a key and its certificate, signed by itself unless somebody else is named. */
async function certificate(
  name: string,
  subject: string,
  extensions: readonly string[],
  signer: readonly string[] = [],
): Promise<void> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile(name)];
  const request = ['openssl', 'req', '-x509', '-days', DAYS, '-subj', subject, '-out', certificateFile(name)];
  const more = extensions.flatMap(extension => ['-addext', extension]);
  await run([...request, ...key, ...more, ...signer], { timeoutMs: OPENSSL_MS });
}

function base64(file: string): Promise<string> {
  return readFile(file, 'base64');
}

/** @returns a kubeconfig that needs no other file. */
async function kubeconfig(name: string): Promise<string> {
  const cluster = {
    server: `https://${API.address}:${API.port}`,
    'certificate-authority-data': await base64(certificateFile('ca')),
  };
  const user = {
    'client-certificate-data': await base64(certificateFile(name)),
    'client-key-data': await base64(keyFile(name)),
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'podusher', cluster }],
    users: [{ name, user }],
    contexts: [{ name: 'podusher', context: { cluster: 'podusher', user: name } }],
    'current-context': 'podusher',
  });
}
