/** What runs on a node: containerd, the kubelet and kube-proxy, with the node's own files. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cgroupOf } from './cgroups.ts';
import { kubeconfigFile } from './keys.ts';
import {
  cniConfig,
  containerdConfig,
  type KubeletOptions,
  kubeletConfig,
  kubeProxyConfig,
  type ProxySpeed,
} from './node-config.ts';
import { type NodePlace, STATE } from './place.ts';
import type { Programs } from './programs.ts';
import type { Service } from './service.ts';
import { inSpace } from './space.ts';

const SET_UP_MS = 10_000;

/** The kernel's settings that a kubelet changes for the whole machine; here it changes a file of that name. */
const SYSCTLS = [
  'kernel/keys/root_maxbytes',
  'kernel/keys/root_maxkeys',
  'kernel/panic',
  'kernel/panic_on_oops',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
];

/**
 * Mounts the node's own folders where its programs look for theirs, and writes their configuration. `/var/lib` and
 * `/var/log` are the node's own; the cluster's folder is seen within it at the same path.
 */
export async function prepareNode(node: NodePlace): Promise<void> {
  const { folder } = node;
  const own = (...parts: readonly string[]): string => join(folder, ...parts);
  await mkdir(own('lib', STATE.replace('/var/lib/', '')), { recursive: true });
  await mkdir(own('log'));
  await mkdir(own('cni'));
  await mkdir(own('sysctl'));
  const sysctls = await Promise.all(
    SYSCTLS.map(async name => {
      const stand = own('sysctl', name.replaceAll('/', '.'));
      await writeFile(stand, await readFile(join('/proc/sys', name)));
      return `mount --bind ${stand} /proc/sys/${name}`;
    }),
  );
  const mounts = [
    ...sysctls,
    // Mounts must be seen by the containers that the kubelet gives them to.
    'mount --make-rshared /',
    `mount --bind ${STATE} ${own('lib', STATE.replace('/var/lib/', ''))}`,
    `mount --rbind ${own('lib')} /var/lib`,
    `mount --bind ${own('log')} /var/log`,
  ];
  await inSpace(node.name, ['sh', '-euc', mounts.join('\n')], { timeoutMs: SET_UP_MS });
  await writeFile(own('cni', '10-podusher.conflist'), JSON.stringify(cniConfig(node)));
  await writeFile(own('containerd.toml'), containerdConfig(own('cni')));
  await configureKubelet(node);
  await configureProxy(node, 'usual');
}

/** A kubelet notices when it is started again. */
export async function configureKubelet(node: NodePlace, options: KubeletOptions = {}): Promise<void> {
  await writeFile(kubeletFile(node), kubeletText(node, options));
}

/** @returns whether the kubelet is configured as usual */
export async function isUsualKubelet(node: NodePlace): Promise<boolean> {
  return (await readFile(kubeletFile(node), 'utf8')) === kubeletText(node);
}

function kubeletText(node: NodePlace, options: KubeletOptions = {}): string {
  return JSON.stringify(kubeletConfig(node, cgroupOf(node.name), options));
}

function kubeletFile({ folder }: NodePlace): string {
  return join(folder, 'kubelet.json');
}

/** kube-proxy ends when its configuration is rewritten: start it again. */
export async function configureProxy(node: NodePlace, speed: ProxySpeed): Promise<void> {
  await writeFile(proxyFile(node), JSON.stringify(kubeProxyConfig(node, speed)));
}

/** @returns whether kube-proxy is configured so */
export async function isProxy(node: NodePlace, speed: ProxySpeed): Promise<boolean> {
  return (await readFile(proxyFile(node), 'utf8')) === JSON.stringify(kubeProxyConfig(node, speed));
}

function proxyFile({ folder }: NodePlace): string {
  return join(folder, 'kube-proxy.json');
}

export function containerd(node: NodePlace): Service {
  const config = join(node.folder, 'containerd.toml');
  return { space: node.name, name: 'containerd', command: ['containerd', '--config', config] };
}

export function kubelet(node: NodePlace, programs: Programs): Service {
  const command = [
    join(programs.kubernetes, 'kubelet'),
    `--config=${kubeletFile(node)}`,
    `--kubeconfig=${kubeconfigFile(node.name)}`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.address}`,
    `--node-labels=topology.kubernetes.io/zone=${node.zone},topology.kubernetes.io/region=here`,
    '--v=2',
    // Hooks and ends, for the tests' timelines.
    '--vmodule=kuberuntime_container=3',
  ];
  return { space: node.name, name: 'kubelet', command };
}

export function kubeProxy(node: NodePlace, programs: Programs): Service {
  const command = [join(programs.kubernetes, 'kube-proxy'), `--config=${proxyFile(node)}`];
  return { space: node.name, name: 'kube-proxy', command };
}

/** Enough of systemd-logind for a kubelet (`logind.py`). */
export function logind(node: NodePlace): Service {
  const program = fileURLToPath(new URL('logind.py', import.meta.url));
  return { space: node.name, name: 'logind', command: ['/usr/bin/python3', program] };
}
