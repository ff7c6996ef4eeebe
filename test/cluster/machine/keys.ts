/** Keys, certificates and kubeconfigs, of the cluster unless another folder is named. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../run.ts';
import { all } from '../wait.ts';
import { API, KEYS, KUBECONFIG, NODES, SERVICES } from './place.ts';

const OPENSSL_MS = 10_000;
const DAYS = '30';

export interface Identity {
  readonly name: string;
  /** As openssl writes it; Kubernetes reads the group from O and the user from CN. */
  readonly subject: string;
  /** What it may call itself as a server. */
  readonly names?: readonly string[];
}

/** A folder of keys for those who reach one API server. */
export interface KeyRing {
  readonly folder: string;
  readonly api: { readonly address: string; readonly port: number };
  readonly identities: readonly Identity[];
}

/** Those that every control plane needs. */
export function controlIdentities(addresses: readonly string[]): readonly Identity[] {
  return [
    {
      name: 'kube-apiserver',
      subject: '/CN=kube-apiserver',
      names: [
        ...['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'].map(name => `DNS:${name}`),
        ...addresses.map(address => `IP:${address}`),
      ],
    },
    { name: 'kubelet-client', subject: '/O=system:masters/CN=kube-apiserver-kubelet-client' },
    { name: 'admin', subject: '/O=system:masters/CN=admin' },
    { name: 'kube-controller-manager', subject: '/CN=system:kube-controller-manager' },
  ];
}

const IDENTITIES: readonly Identity[] = [
  ...controlIdentities([API.address, SERVICES.api]),
  { name: 'kube-scheduler', subject: '/CN=system:kube-scheduler' },
  { name: 'kube-proxy', subject: '/CN=system:kube-proxy' },
  ...NODES.map(({ name, address }) => ({
    name,
    subject: `/O=system:nodes/CN=system:node:${name}`,
    names: [`DNS:${name}`, `IP:${address}`],
  })),
];

export function keyFile(name: string, folder: string = KEYS): string {
  return join(folder, `${name}.key`);
}

export function certificateFile(name: string, folder: string = KEYS): string {
  return join(folder, `${name}.crt`);
}

export function kubeconfigFile(name: string, folder: string = KEYS): string {
  return join(folder, `${name}.kubeconfig`);
}

/** Makes everything that proves who somebody is in the cluster, and the administrator's kubeconfig. */
export async function makeKeys(): Promise<void> {
  await makeKeyRing({ folder: KEYS, api: API, identities: IDENTITIES });
  await writeFile(KUBECONFIG, await readFile(kubeconfigFile('admin')), { mode: 0o600 });
}

/** Makes a folder of keys, and a kubeconfig for each. */
export async function makeKeyRing(ring: KeyRing): Promise<void> {
  const { folder, identities } = ring;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await certificate(folder, 'ca', '/CN=podusher-cluster', ['keyUsage=critical,keyCertSign,digitalSignature']);
  await all(identities.map(identity => makeIdentity(identity, ring)));
  const accounts = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(keyFile('accounts', folder), accounts.privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  });
  await writeFile(
    certificateFile('accounts', folder),
    accounts.publicKey.export({ type: 'spki', format: 'pem' }),
  );
}

async function makeIdentity({ name, subject, names = [] }: Identity, ring: KeyRing): Promise<void> {
  const { folder } = ring;
  const extensions = ['basicConstraints=critical,CA:FALSE', 'extendedKeyUsage=clientAuth,serverAuth'];
  if (names.length > 0) extensions.push(`subjectAltName=${names.join(',')}`);
  const signer = ['-CA', certificateFile('ca', folder), '-CAkey', keyFile('ca', folder)];
  await certificate(folder, name, subject, extensions, signer);
  await writeFile(kubeconfigFile(name, folder), await kubeconfig(name, ring), { mode: 0o600 });
}

/** Makes a key and its certificate, signed by itself unless somebody else is named. */
async function certificate(
  folder: string,
  name: string,
  subject: string,
  extensions: readonly string[],
  signer: readonly string[] = [],
): Promise<void> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const request = ['openssl', 'req', '-x509', '-days', DAYS, '-subj', subject];
  const files = ['-keyout', keyFile(name, folder), '-out', certificateFile(name, folder)];
  const more = extensions.flatMap(extension => ['-addext', extension]);
  await run([...request, ...key, ...files, ...more, ...signer], { timeoutMs: OPENSSL_MS });
}

function base64(file: string): Promise<string> {
  return readFile(file, 'base64');
}

/** @returns a kubeconfig that needs no other file. */
async function kubeconfig(name: string, { folder, api }: KeyRing): Promise<string> {
  const cluster = {
    server: `https://${api.address}:${api.port}`,
    'certificate-authority-data': await base64(certificateFile('ca', folder)),
  };
  const user = {
    'client-certificate-data': await base64(certificateFile(name, folder)),
    'client-key-data': await base64(keyFile(name, folder)),
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
