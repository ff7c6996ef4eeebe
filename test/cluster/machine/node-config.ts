/** The configuration of a node's programs, as values. */
import { certificateFile, keyFile, kubeconfigFile } from './keys.ts';
import { type NodePlace, PODS, SERVICES } from './place.ts';

/** What holds a pod's network open. */
export const PAUSE_IMAGE = 'podusher.local/pause:1';

/** `slow` is kube-proxy as it is set in a large cluster: it tells the kernel of changes every ten seconds. */
export type ProxySpeed = 'usual' | 'slow';

export interface KubeletOptions {
  /** What pods have when the machine shuts down; the kubelet knows of that from systemd-logind alone. */
  readonly shutdownGraceS?: number;
}

/** Each pod has a cable of its own to the node, and everything else is behind that (as in GKE). */
export function cniConfig({ pods }: NodePlace): unknown {
  const ipam = {
    type: 'host-local',
    ranges: [[{ subnet: pods }]],
    routes: [{ dst: '0.0.0.0/0' }],
    dataDir: '/run/cni',
  };
  return {
    cniVersion: '1.0.0',
    name: 'podusher',
    plugins: [
      { type: 'ptp', ipMasq: false, ipam },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

export function containerdConfig(cniFolder: string): string {
  return `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  disable_apparmor = true
  # Nobody may lower it without CAP_SYS_RESOURCE; runc then fails with "can't get final child's PID from pipe".
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${cniFolder}"
`;
}

export function kubeletConfig(
  { name, address }: NodePlace,
  cgroupRoot: string,
  { shutdownGraceS }: KubeletOptions = {},
): unknown {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address,
    authentication: { x509: { clientCAFile: certificateFile('ca') } },
    tlsCertFile: certificateFile(name),
    tlsPrivateKeyFile: keyFile(name),
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    cgroupDriver: 'cgroupfs',
    cgroupRoot,
    failCgroupV1: false,
    failSwapOn: false,
    clusterDNS: [SERVICES.dns],
    resolvConf: '',
    volumePluginDir: '/var/lib/kubelet/volume-plugins',
    // The disk is the host's; a test that wants an eviction has its own limit.
    evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    ...(shutdownGraceS !== undefined && { shutdownGracePeriod: `${shutdownGraceS}s` }),
  };
}

export function kubeProxyConfig({ name }: NodePlace, speed: ProxySpeed): unknown {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: kubeconfigFile('kube-proxy') },
    mode: 'iptables',
    clusterCIDR: PODS,
    hostnameOverride: name,
    iptables: speed === 'slow' ? { minSyncPeriod: '10s' } : {},
    // The kernel's tables of connections are left as large as they are.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}
