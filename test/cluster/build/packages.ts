/** What is needed of Debian's packages, installed where it is missing. */
import { existsSync } from 'node:fs';
import { run } from '../run.ts';

const INSTALL_MS = 10 * 60_000;

/** A file of each package, which is there when the package is. */
const PACKAGES: Readonly<Record<string, string>> = {
  buildah: '/usr/bin/buildah',
  catatonit: '/usr/bin/catatonit',
  conntrack: '/usr/sbin/conntrack',
  containerd: '/usr/bin/containerd',
  'containernetworking-plugins': '/usr/lib/cni/ptp',
  'dbus-daemon': '/usr/bin/dbus-daemon',
  iproute2: '/usr/bin/ip',
  ipset: '/usr/sbin/ipset',
  iptables: '/usr/sbin/iptables',
  mmdebstrap: '/usr/bin/mmdebstrap',
  openssl: '/usr/bin/openssl',
  'python3-dbus': '/usr/lib/python3/dist-packages/dbus/__init__.py',
  'python3-gi': '/usr/lib/python3/dist-packages/gi/__init__.py',
  runc: '/usr/sbin/runc',
};

/** @returns the names of the packages that are not there. */
export function missingPackages(): readonly string[] {
  return Object.keys(PACKAGES).filter(name => !existsSync(PACKAGES[name] ?? ''));
}

export async function installPackages(names: readonly string[], signal: AbortSignal): Promise<void> {
  const options = { timeoutMs: INSTALL_MS, env: { DEBIAN_FRONTEND: 'noninteractive' }, signal };
  // What somebody has interrupted is in the way, and so is whoever installs at the same time.
  await run(['dpkg', '--configure', '-a'], options);
  const patient = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  await run(['apt-get', ...patient, 'update'], options);
  await run(['apt-get', ...patient, 'install', '-y', '--no-install-recommends', ...names], options);
}
